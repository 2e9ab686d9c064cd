"""What forms, tables, notices and addresses say: the lines that are no sentences.

Names, addresses, companies and jobs come from the package Faker; all else is put together here, so that
digits, Latin letters, brackets and signs stand beside Hangul in the ways that Korean documents know.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from koocr.data.text import Repertoire
from koocr.errors import missing_dependency

__all__ = ["Forms"]


def _listed(text: str, *, mark: str | None = None) -> tuple[str, ...]:
    """The parts of a text between spaces, or between marks."""
    return tuple(text.split(mark))


_DAYS = "월화수목금토일"
_UNITS = _listed(
    "kg g mg km m cm mm ㎏ ㎞ ㎝ ㎜ ㎡ ㎥ ℓ mL ℃ % ％ 원 명 개 건 대 권 회 배 시간 분 초 년 "
    "개월 세 평 kWh MB GB Hz ㎎ ㎖ ㏄ ㎢ ‰ ° ㎾ ㎐"
)
_BRACKETS = _listed("() [] {} <> “” ‘’ \"\" '' 「」 『』 《》 〈〉 【】 〔〕 （）")
_BULLETS = tuple("※-·•○●▶■□◆★☆→▲◎*ㆍ√☞✓♥#▷◇△")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮㉠㉡㉢㉣㉤㉥㉮㉯㉰㉱㉲"
_TERMS = _listed(
    "Windows PDF USB Wi-Fi e-mail ID QR CD TV IT AI LED CCTV SNS UHD API HTML OK No. Vol. Tel. "
    "Fax. vs. KTX KBS GPS D-DAY PC X-ray iPhone Excel Linux COVID-19 ISBN URL DNA CEO MBC A4 "
    "B5 S/N"
)
_PARTICLES = ("", "", *_listed("는 를 을 에서 으로 의 와 에 가 이 용 식 형 만 도"))
_LABELS = _listed(
    "성명 이름 주소 전화 금액 합계 일시 장소 비고 수량 단가 담당 부서 번호 계좌 품명 규격 기간 "
    "대상 문의 제목 수신 발신 생년월일 연락처 소속 직위 서명 확인 접수 공급가액 부가세 총액 "
    "예금주 입금액 결제일 유효기간"
)
_JOINTS = (" ", ": ", " : ", ":", " - ", "\u3000", ") ", " | ", "/")
_BANKS = _listed("국민 신한 우리 하나 농협 기업 카카오뱅크 새마을금고 우체국")
_ARTICLES = _listed(
    "제{}조|제{}조(목적)|제{}장|제{}항|[별표 {}]|<표 {}>|〈그림 {}〉|[그림 {}]|{}.|{})|({})|"
    "{}쪽|p. {}|{}번|({}점)|부칙 제{}조|별지 제{}호 서식|{}/12|No. {}|№{}|[{}~15]|문제 {}.|"
    "{}차|{}호선",
    mark="|",
)
_NUMBERS = _listed(
    "###-##-#####|######-#######|######-1******|##가 ####|###나 ####|서울 ##하 ####|"
    "####-####-####-####|###-###-######|제####-###호|No. ######|########|S/N ####-####|"
    "###번길 ##|#,###|##.#%|##.##|#:#|##|#|###|####|-##|1/#|#.#.#|v#.#|##-##|[##]|(##)|#^#|~##|"
    "####~####",
    mark="|",
)
_PHONES = _listed(
    "010-####-####|02-###-####|031-###-####|02)####-####|(051) ###-####|15##-####|010.####.####|"
    "070-####-####|+82-10-####-####|010 #### ####|010########|☎ 02-####-####|Tel. 042-###-####|"
    "FAX 053-###-####|080-###-####",
    mark="|",
)


class Forms:
    """Gives lines of forms; a `koocr.data.text.TextSource`.

    The same generator state gives the same text as long as the version of Faker is the same.

    Args:
        manuals: among them what manuals are full of: commands, files, options, and words with another word in
            brackets behind.

    Raises:
        MissingDependencyError: Faker is not installed.
    """

    def __init__(self, *, manuals: bool = False) -> None:
        self._manuals = manuals
        try:
            from faker import Faker
        except ImportError as error:
            raise missing_dependency("Faker", "train") from error
        self._korean, self._english = Faker("ko_KR"), Faker("en_US")

    def item(self, rng: np.random.Generator, repertoire: Repertoire) -> str:
        """One field of a form, with or without its label."""
        seed = int(rng.integers(2**32))
        self._korean.seed_instance(seed)
        self._english.seed_instance(seed)
        signs = repertoire.others
        writer = _Writer(Random(seed), self._korean, self._english, signs, manuals=self._manuals)
        return writer.field()


class _Writer:
    """Writes one field; `chance` and the two Fakers are seeded with the same number."""

    def __init__(
        self, chance: Random, korean: Any, english: Any, signs: str, *, manuals: bool = False
    ) -> None:
        self._manuals = manuals
        self._chance, self._korean, self._english = chance, korean, english
        self._signs = signs or "-"

    def field(self) -> str:
        kinds: tuple[tuple[Callable[[], str], int], ...] = (
            (self._name, 6), (self._address, 8), (self._amount, 9), (self._date, 9), (self._time, 4),
            (self._phone, 6), (self._email, 5), (self._company, 5), (self._number, 6), (self._measure, 6),
            (self._bullet, 6), (self._article, 5), (self._term, 7), (self._quoted, 6), (self._row, 5),
            (self._english_words, 6), (self._code, 6), (self._signed, 9), (self._sum, 3),
            *(((self._glossed, 7), (self._command, 7)) if self._manuals else ()),
        )  # fmt: skip
        makers, weights = zip(*kinds, strict=True)
        value: str = self._chance.choices(makers, weights)[0]()
        if self._chance.random() < 0.25:
            return self._pick(_LABELS) + self._pick(_JOINTS) + value
        return value

    def _pick(self, choices: Any) -> Any:
        return self._chance.choice(choices)

    def _digits(self, count: int) -> str:
        return "".join(self._chance.choices(string.digits, k=count))

    def _shape(self, shape: str) -> str:
        """Puts a digit for each # of a shape."""
        return "".join(self._digits(1) if char == "#" else char for char in shape)

    def _whole(self, most: int) -> int:
        """A whole number; small ones are as frequent as large ones."""
        return int(most ** self._chance.random())

    def _name(self) -> str:
        name = str(self._korean.name())
        shape = self._pick(
            ("{}", "{}", "{} 님", "{} 귀하", "{}(인)", "{} (서명)", "대표 {}", "{} 과장", "{}씨", "{} 外 2명")
        )
        return str(shape).format(" ".join(name) if self._chance.random() < 0.1 else name)

    def _address(self) -> str:
        address = str(self._korean.address())
        tail = self._pick(("", "", f" {self._whole(200)}동 {self._whole(2500)}호", f", {self._whole(20)}층",
                           f" {self._whole(900)}-{self._whole(90)}"))  # fmt: skip
        code = self._pick(("", "", f"({self._digits(5)}) ", f"우 {self._digits(5)} "))
        return f"{code}{address}{tail}"

    def _amount(self) -> str:
        number = self._whole(10**8)
        won = f"{number:,}" if self._chance.random() < 0.85 else str(number)
        thousands = f"{max(1, number // 1000):,}"
        return str(self._pick((
            f"{won}원", f"{won}원", f"{won} 원", f"₩{won}", f"₩ {won}", f"￦{won}", f"금 {won}원정",
            f"{won}",
            f"{thousands}천원", f"{thousands},000원", f"{self._whole(99)}만 {self._whole(9)}천원",
            f"${self._whole(9999):,}.{self._digits(2)}", f"€{self._whole(999)}.{self._digits(2)}",
            f"-{won}",
            f"{self._whole(90)}억 {self._whole(9000):,}만 원", f"({won})", f"￥{won}", f"£{won}",
            f"+{won}원",
        )))  # fmt: skip

    def _date(self) -> str:
        year, month = self._chance.randint(1950, 2035), self._chance.randint(1, 12)
        day, weekday = self._chance.randint(1, 31), self._pick(_DAYS)
        return str(self._pick((
            f"{year}년 {month}월 {day}일", f"{year}. {month}. {day}.", f"{year}.{month:02}.{day:02}",
            f"{year}-{month:02}-{day:02}", f"{year}/{month:02}/{day:02}", f"{month}월 {day}일({weekday})",
            f"{year}. {month}. {day}.({weekday})", f"’{year % 100:02}.{month}.{day}", f"{month}/{day}",
            f"{year}년 {month}월", f"{month}.{day}({weekday})~{month}.{min(31, day + 2)}",
            f"{year}{month:02}{day:02}",
            f"{year}년도 {self._pick('12')}학기", f"단기 {year + 2333}년", f"{weekday}요일",
            f"{year}~{year + 3}",
        )))  # fmt: skip

    def _time(self) -> str:
        hour, minute = self._chance.randint(0, 23), self._chance.randint(0, 59)
        return str(self._pick((
            f"{hour:02}:{minute:02}", f"오전 {hour % 12}시 {minute}분", f"오후 {hour % 12 + 1}:{minute:02}",
            f"{hour:02}:{minute:02}:{self._digits(2)}", f"{hour:02}:00~{(hour + 2) % 24:02}:30",
            f"{hour}시 {minute}분",
            f"{hour % 12 + 1}:{minute:02} PM", f"({hour}:{minute:02})",
        )))  # fmt: skip

    def _phone(self) -> str:
        return self._shape(self._pick(_PHONES))

    def _email(self) -> str:
        user, site = str(self._english.user_name()), str(self._english.domain_name())
        return str(self._pick((
            f"{user}@{site}", f"{user}@{site}", f"www.{site}", f"https://www.{site}/{user}",
            f"http://{site}", f"@{user}",
            f"{user}_{self._digits(2)}@naver.com", f"#{user}",
            f"https://{site}/?id={self._digits(3)}&p={user}",
        )))  # fmt: skip

    def _company(self) -> str:
        name = str(self._korean.company())
        bare = name.replace("(주)", "").replace("주식회사", "").replace("유한회사", "").strip()
        job = str(self._korean.job())
        return str(
            self._pick(
                (name, f"㈜{bare}", f"{bare}㈜", f"(주){bare}", f"{bare} 주식회사", job, f"{bare} {job}")
            )
        )

    def _number(self) -> str:
        number = self._shape(self._pick(_NUMBERS))
        return f"{self._pick(_BANKS)} {number}" if self._chance.random() < 0.1 else number

    def _measure(self) -> str:
        number = self._pick((
            str(self._whole(5000)), f"{self._whole(900)}.{self._digits(1)}", f"{self._whole(90000):,}",
            f"{self._whole(90)}~{self._whole(900)}", f"±{self._whole(9)}", f"약 {self._whole(900)}",
        ))  # fmt: skip
        gap = " " if self._chance.random() < 0.25 else ""
        return f"{number}{gap}{self._pick(_UNITS)}"

    def _bullet(self) -> str:
        head = self._pick(_CIRCLED) if self._chance.random() < 0.45 else self._pick(_BULLETS)
        gap = " " if self._chance.random() < 0.7 else ""
        return f"{head}{gap}{self._phrase()}"

    def _article(self) -> str:
        number = str(self._pick(_ARTICLES)).format(self._whole(120))
        return f"{number} {self._phrase()}" if self._chance.random() < 0.6 else number

    def _term(self) -> str:
        return f"{self._pick(_TERMS)}{self._pick(_PARTICLES)} {self._phrase()}"

    def _quoted(self) -> str:
        left, right = self._pick(_BRACKETS)
        words = self._phrase().split(" ")
        place = self._chance.randrange(len(words))
        words[place] = f"{left}{words[place]}{right}{self._pick(_PARTICLES)}"
        return " ".join(words)

    def _phrase(self) -> str:
        """A few Korean words."""
        choice = self._chance.random()
        if choice < 0.5:
            return str(self._korean.catch_phrase())
        return str(self._korean.bs()) if choice < 0.8 else str(self._korean.job())

    def _row(self) -> str:
        price, count = 10 * self._whole(10**5), self._whole(200)
        return f"{self._whole(50)} {self._pick(_LABELS)} {count} {price:,} {price * count:,}"

    def _english_words(self) -> str:
        words = [str(self._english.word()) for _ in range(self._chance.randint(1, 5))]
        case = self._chance.random()
        if case < 0.2:
            return " ".join(words).upper()
        if case < 0.5:
            return " ".join(words).title()
        return (
            " ".join(words).capitalize() + self._pick((".", "!", "?", ",", ""))
            if case < 0.8
            else " ".join(words)
        )

    def _glossed(self) -> str:
        """A Korean word with another in brackets behind it, and what follows without a space."""
        words = self._phrase().split(" ")
        place = self._chance.randrange(len(words))
        gloss = self._pick((self._english.word, self._korean.job, self._short))()
        words[place] += f"({gloss}){self._pick(_PARTICLES)}"
        return " ".join(words)

    def _short(self) -> str:
        return "".join(self._chance.choices(string.ascii_uppercase, k=self._chance.randint(2, 4)))

    def _command(self) -> str:
        """What manuals name: commands, options, files, links; words run together, without spaces."""
        first, second, third = (str(self._english.word()).lower() for _ in range(3))
        ending = self._pick(("tex", "html", "txt", "hwp", "conf", "py", "xml", "log", "dll", "sql", "ini"))
        command = str(self._pick((
            f"\\{first}{second}", f"\\{first}", f"\\{first}{{{second}}}", f"\\{first}[{second}]{{{third}}}",
            f"{first}{second}", f"{first}-{second}", f"{first}_{second}", f"{first}.{ending}",
            f"{first}/{second}.{ending}", f"/{first}/{second}/{third}", f"{first}({second})",
            f"{first}={second}", f"--{first}={second}", f"{first}.{second}()", f"<{first}>",
            f"{first}{self._whole(99)}", f"{first}, {second}, {third}", f"https://{first}.org/{second}",
            f"{first}://{second}/{third}", f"{first} {second} [{self._whole(99)}]",
        )))  # fmt: skip
        choice = self._chance.random()
        if choice < 0.35:
            left, right = self._pick(("“”", "‘’", "“”", '""', "''", "「」"))
            command = f"{left}{command}{right}"
        return f"{command}{self._pick(_PARTICLES)} {self._phrase()}" if choice < 0.75 else command

    def _code(self) -> str:
        """A word of ASCII characters: of any, or of capitals and digits as in part numbers."""
        every = "".join(char for char in string.punctuation if char in self._signs) or "-"
        letters = self._pick((
            string.ascii_uppercase + string.digits, string.ascii_letters + string.digits + every,
            string.ascii_letters, string.ascii_lowercase + string.digits + "._-", string.digits + every,
        ))  # fmt: skip
        return "".join(self._chance.choices(letters, k=self._chance.randint(2, 10)))

    def _signed(self) -> str:
        """Any of the signs that the hand draws, so that each is met; before, after or within a word."""
        sign, word = self._pick(self._signs), self._pick(_LABELS)
        return str(self._pick((f"{sign}{word}", f"{word}{sign}", f"{word}{sign}{self._phrase()}",
                               f"{sign} {word}", f"{word} {sign} {word}", f"{sign}{self._digits(2)}",
                               f"{sign}{sign}")))  # fmt: skip

    def _sum(self) -> str:
        first, second = self._whole(99), self._whole(99)
        sign = self._pick("+-×÷*/=<>≤≥≠±")
        letter = self._pick("xyzabcnkABCαβπ")
        return str(self._pick((f"{first} {sign} {second}", f"{first}{sign}{second}={self._whole(999)}",
                               f"{letter}{sign}{first}", f"{first}{letter} + {second} = 0",
                               f"{letter}² + {first}",
                               f"f({letter}) = {first}{letter}", f"{first}:{second}",
                               f"{first}/{second}")))  # fmt: skip
