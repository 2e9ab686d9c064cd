"""From logits to lines, for each kind of network."""

from __future__ import annotations

import numpy as np
import pytest

from koocr.charset import line_charset
from koocr.errors import ConfigError
from koocr.line.beam import BeamSettings
from koocr.line.decoder import DecoderSettings
from koocr.line.metadata import LineMetadata
from koocr.line.ngram import NGram
from koocr.line.outputs import OutputReader
from koocr.line.settings import LineSettings
from koocr.line.spelling import spell
from koocr.line.stages.settings import StageSettings

SURE = 12.0
OWN = LineMetadata(LineSettings())
JAMO = LineMetadata(LineSettings(head="jamo-sequence"))
PLAIN = LineMetadata(LineSettings(head="plain"))
CTC = LineMetadata(StageSettings(charset_size=3), symbols="가나 ")
ATTENTION = LineMetadata(StageSettings(charset_size=3, prediction="Attn"), symbols="가나 ")


def plain(rows: list[list[int]], size: int) -> dict[str, np.ndarray]:
    """Logits that surely have these columns; lines are filled up with column 0."""
    longest = max(map(len, rows))
    logits = np.zeros((len(rows), longest, size), np.float32)
    for number, row in enumerate(rows):
        columns = row + [0] * (longest - len(row))
        logits[number, np.arange(longest), columns] = SURE
    return {"symbol": logits}


def read(metadata: LineMetadata, rows: list[list[int]], size: int) -> list[str]:
    reader = OutputReader(metadata, DecoderSettings())
    return reader.texts(plain(rows, size), np.array([len(row) for row in rows]))


def test_a_network_with_its_own_charset() -> None:
    assert read(CTC, [[1, 1, 0, 2, 3, 1], [0, 2, 0, 2]], 4) == ["가나 가", "나나"]


def test_a_plain_head() -> None:
    ids = line_charset().encode("닭 A").tolist()
    assert read(PLAIN, [[number + 1 for number in ids]], 1 + len(line_charset())) == ["닭 A"]


def test_a_head_that_spells_jamo() -> None:
    columns = [number + 1 for number in spell(line_charset().encode("닭 A")).tolist()]
    assert len(columns) == 5
    size = 1 + 67 + len(line_charset()) - 11172
    assert read(JAMO, [columns], size) == ["닭 A"]


def test_attention_ends_where_it_says_so_and_knows_no_places() -> None:
    reader = OutputReader(ATTENTION, DecoderSettings())
    first, second = reader.lines(plain([[3, 1, 3, 3, 2, 0, 2], [2, 2, 0, 0, 1, 1, 0]], 4), np.array([7, 7]))
    assert (first.text, second.text) == ("가 나", "나나")
    assert first.characters == () and 0.99 < first.confidence <= 1


@pytest.mark.parametrize("metadata", [CTC, ATTENTION])
def test_temperatures_calm(metadata: LineMetadata) -> None:
    calm = LineMetadata(metadata.settings, {"symbol": 4.0}, metadata.symbols)
    outputs, counts = plain([[1, 0, 2]], 4), np.array([3])
    sure, unsure = (
        OutputReader(one, DecoderSettings()).lines(outputs, counts)[0] for one in (metadata, calm)
    )
    assert unsure.text == sure.text and unsure.confidence < sure.confidence - 0.1


def test_places() -> None:
    reader = OutputReader(CTC, DecoderSettings())
    outputs, counts = plain([[0, 1, 0, 0, 2, 0]], 4), np.array([6])
    (line,) = reader.lines(outputs, counts, places=[(8.0, 3.0, 99.0)])
    assert [(one.start, one.stop) for one in line.characters] == [(3.0, 27.0), (27.0, 51.0)]
    (tight,) = reader.lines(outputs, counts, places=[(8.0, -3.0, 40.0)])
    assert [(one.start, one.stop) for one in tight.characters] == [(0.0, 21.0), (21.0, 40.0)]
    (bare,) = reader.lines(outputs, counts)
    assert [(one.start, one.stop) for one in bare.characters] == [(0.0, 3.0), (3.0, 6.0)]


def test_hypotheses_differ_and_are_ranked() -> None:
    reader = OutputReader(CTC, DecoderSettings())
    logits = plain([[1, 0, 2, 0]], 4)
    logits["symbol"][0, 2, 3] = SURE - 0.5  # a space, which would stand at the end
    logits["symbol"][0, 3, 1] = SURE - 1.0
    (lines,) = reader.hypotheses(logits, np.array([4]), n=3, places=[(1.0, 0.0, 99.0)])
    texts = [line.text for line in lines]
    assert texts[0] == "가나" and len(set(texts)) == len(texts) == 3
    assert "가" in texts, "without the space at the end"
    with pytest.raises(ConfigError, match="n is 0; give a whole number of at least 1"):
        reader.hypotheses(logits, np.array([4]), n=0, places=[(1.0, 0.0, 99.0)])


def test_what_does_not_go_together() -> None:
    prior = NGram.train(["가나 가"] * 3, line_charset(), order=2)
    with pytest.raises(ConfigError, match="spells by attention; leave beam and prior out"):
        OutputReader(ATTENTION, DecoderSettings(beam=BeamSettings()))
    with pytest.raises(ConfigError, match="spells by attention, which has one reading"):
        OutputReader(ATTENTION, DecoderSettings()).hypotheses(
            {}, np.array([1]), n=2, places=[(1.0, 0.0, 99.0)]
        )
    with pytest.raises(ConfigError, match="spells jamo by jamo, which no prior knows"):
        OutputReader(JAMO, DecoderSettings(beam=BeamSettings()), prior=prior)
    with pytest.raises(ConfigError, match="a prior needs a beam search"):
        OutputReader(OWN, DecoderSettings(), prior=prior)
