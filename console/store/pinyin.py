"""Chinese names in Latin letters (拼音), without tones, as people type them."""

from __future__ import annotations

from functools import lru_cache

from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

#: How names of places read characters that have several readings: 朝阳 is Chaoyang on every sign.
_IN_NAMES = {
    "朝": "chao", "长": "chang", "重": "chong", "行": "xing", "乐": "le", "厦": "sha", "单": "dan",
    "曾": "zeng", "藏": "zang", "都": "du", "车": "che", "石": "shi", "会": "hui", "地": "di",
    "大": "da", "华": "hua", "任": "ren", "解": "jie", "还": "huan", "校": "xiao", "种": "zhong",
    "传": "chuan", "区": "qu", "参": "can", "六": "liu", "盖": "gai", "弹": "dan", "系": "xi",
    "和": "he", "拓": "tuo", "薄": "bo", "堡": "bao", "育": "yu", "塔": "ta", "阿": "a",
    "番": "fan",
}  # fmt: skip
#: Words in which a character is read otherwise.
_WORDS = (("银行", ("yin", "hang")), ("十里堡", ("shi", "li", "pu")), ("厦门", ("xia", "men")))


@lru_cache(maxsize=16384)
def _reading(character: str) -> str:
    """Return the usual reading of one character in small letters, itself if it has none."""
    if character in _IN_NAMES:
        return _IN_NAMES[character]
    readings = PINYIN_DICT.get(ord(character))
    if not readings:
        return character.lower()
    return to_normal(readings.split(",")[0]).replace("ü", "v").lower()


def syllables(name: str) -> list[str]:
    """Return the syllables of a name in small letters; what is not Chinese stays as it is."""
    if name.isascii():
        return [name.lower()]
    parts = [_reading(character) for character in name]
    for word, reading in _WORDS:
        at = name.find(word)
        if at >= 0:
            parts[at : at + len(word)] = reading
    return parts


def spelled(name: str) -> tuple[str, str]:
    """Return a name spelled out and its initials: ``gongtibeilu``, ``gtbl``."""
    parts = syllables(name)
    return "".join(parts), "".join(part[:1] for part in parts)
