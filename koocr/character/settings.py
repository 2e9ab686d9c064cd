"""What a character network is made of, as one frozen value that is stored beside its weights.

Pure Python: a reader needs the settings of a model without loading Keras.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from koocr.errors import ConfigError

NETWORK_NAMES = ("small", "melnyk", "VGG16", "inception-resnet", "mobilenet", "efficient-net", "afl")
"""Every trunk of `koocr.character.network.NETWORKS`, the default first."""

FC_LINKS = ("", "GAP", "GWAP", "GWOAP")
"""How a head sees the feature map: flattened, or pooled (see `koocr.character.network.pooling`)."""

SPLIT_HEADS = ("initial", "medial", "final", "single")
WHOLE_HEADS = ("symbol",)

MIN_IMAGE_SIZE = 16
MAX_IMAGE_SIZE = 512
MAX_REFINEMENT_T = 16


@dataclass(frozen=True, kw_only=True)
class CharacterSettings:
    """The settings of one character network; equal settings build equal graphs.

    Attributes:
        network: the trunk, one of `NETWORK_NAMES`.
        image_size: side of the square input, in pixels.
        fc_link: one of `FC_LINKS` for all heads, or one per head: `"initial=GWAP,medial=GWOAP"` or a mapping
            (heads not named get "GWAP"). Stored as text, in the order of the heads.
        split_components: three jamo heads and one for single jamo; if not, one softmax over the charset.
        joint: one softmax over all 11,172 syllables, log-linear in the three jamo with low-rank pairwise
            terms, in the place of three independent ones (needs `split_components`).
        joint_rank: rank of each pairwise term of the joint head.
        direct_map: replaces the grey input with its eight Sobel direction maps (fixed, not trained).
        iterative_refinement: attention and a GRU per jamo read the feature map `refinement_t` times.
        refinement_t: how often.
        refinement_units: size of each GRU's state.
        adversarial: adds the output "kind" (handwritten or printed) behind a gradient reversal.
        adversarial_ratio: how much of the reversed gradient reaches the trunk.
        charset: the symbols of the single softmax, in order (needs `split_components=False`); None: all
            11,223, the syllables in Unicode order, then the 51 compatibility jamo.
        dropout: share of the pooled features dropped in training, in [0, 1).
        hidden_units: size of a dense layer between pooled features and logits; 0: none.
        width: factor on the number of channels of every trunk layer; 1 is the published network.
    """

    network: str = "small"
    image_size: int = 64
    fc_link: str = "GWAP"
    split_components: bool = True
    joint: bool = False
    joint_rank: int = 16
    direct_map: bool = False
    iterative_refinement: bool = False
    refinement_t: int = 4
    refinement_units: int = 256
    adversarial: bool = False
    adversarial_ratio: float = 0.15
    charset: str | None = None
    dropout: float = 0.0
    hidden_units: int = 0
    width: float = 1.0

    def __post_init__(self) -> None:
        """Checks every field and brings `fc_link` into its stored form.

        Raises:
            ConfigError: a value is not allowed, or two settings exclude each other.
        """
        _one_of("network", self.network, NETWORK_NAMES)
        for name in _FLAGS:
            _flag(name, getattr(self, name))
        for name, (low, high) in _WHOLE_NUMBERS.items():
            _whole(name, getattr(self, name), low, high)
        _number("adversarial_ratio", self.adversarial_ratio, 0.0, 10.0)
        _number("width", self.width, 1 / 64, 8.0)
        _number("dropout", self.dropout, 0.0, 0.99)
        self._check_combination()
        if self.charset is not None:
            _check_charset(self.charset)
        object.__setattr__(self, "fc_link", _canonical_links(self.fc_link, self.heads))

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads that pool the feature map, in the order of the outputs."""
        return SPLIT_HEADS if self.split_components else WHOLE_HEADS

    def link(self, head: str) -> str:
        """The `fc_link` of one head.

        Raises:
            ConfigError: this network has no such head.
        """
        _one_of("head", head, self.heads)
        return _links_by_head(self.fc_link, self.heads)[head]

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CharacterSettings:
        """Settings from `to_dict`; a name left out takes its default.

        Raises:
            ConfigError: a name is unknown, or a value is not allowed.
        """
        known = tuple(field.name for field in fields(cls))
        for name in values:
            if name not in known:
                raise ConfigError(f"unknown setting {name!r}{_remedy(str(name), known)}")
        return cls(**values)

    def _check_combination(self) -> None:
        if self.joint and not self.split_components:
            raise ConfigError(
                "joint=True needs split_components=True: the joint head is built from the jamo heads"
            )
        if self.joint and self.iterative_refinement:
            raise ConfigError(
                "joint=True and iterative_refinement=True exclude each other: choose one of them"
            )
        if self.iterative_refinement and not self.split_components:
            raise ConfigError(
                "iterative_refinement=True needs split_components=True: it refines one jamo at a time"
            )
        if self.charset is not None and self.split_components:
            raise ConfigError(
                "a charset needs split_components=False: split heads always know every syllable"
            )


_FLAGS = ("split_components", "joint", "direct_map", "iterative_refinement", "adversarial")
_WHOLE_NUMBERS = {
    "image_size": (MIN_IMAGE_SIZE, MAX_IMAGE_SIZE),
    "joint_rank": (1, 512),
    "refinement_t": (1, MAX_REFINEMENT_T),
    "refinement_units": (1, 4096),
    "hidden_units": (0, 65536),
}


def parse_fc_link(text: str | Mapping[str, str], *, split_components: bool = True) -> dict[str, str]:
    """The link of every head, from the text or the mapping that a user gives.

    Raises:
        ConfigError: a head or a link is unknown, or a head is named twice.
    """
    heads = SPLIT_HEADS if split_components else WHOLE_HEADS
    return _links_by_head(_canonical_links(text, heads), heads)


def _canonical_links(value: object, heads: tuple[str, ...]) -> str:
    if isinstance(value, Mapping):
        pairs = {str(head): link for head, link in value.items()}
    elif isinstance(value, str) and "=" in value:
        pairs = _split_pairs(value)
    elif isinstance(value, str):
        _one_of("fc_link", value, FC_LINKS)
        return value
    else:
        raise ConfigError(
            f"fc_link is {value!r}; give one of {_listed(FC_LINKS)}, or one per head (initial=GWAP,…)"
        )
    for head, link in pairs.items():
        _one_of("head in fc_link", head, heads)
        _one_of(f"fc_link of {head}", link, FC_LINKS)
    links = [pairs.get(head, "GWAP") for head in heads]
    if len(set(links)) == 1:
        return str(links[0])
    return ",".join(f"{head}={link}" for head, link in zip(heads, links, strict=True))


def _split_pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in text.split(","):
        head, sign, link = (piece.strip() for piece in part.partition("="))
        if not sign:
            raise ConfigError(
                f"fc_link has the part {part!r}; write each as head=link, e.g. initial=GWAP,final=GAP"
            )
        if head in pairs:
            raise ConfigError(f"fc_link names the head {head!r} twice; name it once")
        pairs[head] = link
    return pairs


def _links_by_head(canonical: str, heads: tuple[str, ...]) -> dict[str, str]:
    if "=" not in canonical:
        return dict.fromkeys(heads, canonical)
    return _split_pairs(canonical)


def _check_charset(charset: object) -> None:
    if not isinstance(charset, str) or not charset:
        raise ConfigError(f"charset is {charset!r}; give a text of Hangul symbols, or None for all of them")
    foreign = next((symbol for symbol in charset if not _is_symbol(symbol)), None)
    if foreign is not None:
        raise ConfigError(
            f"charset holds {foreign!r}; only syllables 가–힣 and single jamo ㄱ–ㅣ can be learnt"
        )
    if len(set(charset)) != len(charset):
        twice = next(symbol for i, symbol in enumerate(charset) if symbol in charset[:i])
        raise ConfigError(f"charset holds {twice!r} twice; name each symbol once")


def _is_symbol(symbol: str) -> bool:
    return "가" <= symbol <= "힣" or "ㄱ" <= symbol <= "ㅣ"


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise ConfigError(f"{name} is {value!r}{_remedy(str(value), allowed)}")


def _remedy(value: str, allowed: tuple[str, ...]) -> str:
    lowered = {name.lower(): name for name in allowed if name}
    close = difflib.get_close_matches(value.lower(), lowered, n=1, cutoff=0.6)
    suggestion = f"; did you mean {lowered[close[0]]!r}?" if close else ";"
    return f"{suggestion} allowed: {_listed(allowed)}"


def _listed(allowed: tuple[str, ...]) -> str:
    return ", ".join(name or "''" for name in allowed)


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} is {value!r}; give True or False")


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{name} is {value!r}; give a whole number from {low} to {high}")


def _number(name: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ConfigError(f"{name} is {value!r}; give a number from {low:g} to {high:g}")
