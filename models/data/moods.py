"""Which quadrant a label in words stands for: Q1..Q4 and mood words, as people name their folders."""

from __future__ import annotations

import re

from models.analysis import QUADRANTS

#: English, Chinese and Korean words per quadrant. A word that people use for two quadrants ("intense") is not here.
MOOD_WORDS = (
    "happy happiness joy joyful joyous excited excitement exciting cheerful delighted elated euphoric energetic "
    "lively playful amused amusement fun triumphant "
    "快乐 快樂 高兴 高興 开心 開心 欢乐 歡樂 欢快 歡快 喜悦 喜悅 兴奋 興奮 激动 激動 "
    "기쁨 행복 즐거움 신남 흥분 환희 기쁜 행복한 즐거운 신나는",
    "angry anger tense tension fear fearful scared scary afraid anxious anxiety nervous aggressive furious hostile "
    "annoyed stressed "
    "愤怒 憤怒 生气 生氣 恐惧 恐懼 害怕 紧张 緊張 焦虑 焦慮 "
    "분노 화남 긴장 공포 두려움 불안 화난 무서운 불안한",
    "sad sadness melancholy melancholic depressed depressing depression gloomy sorrow sorrowful grief bored boredom "
    "lonely mournful "
    "悲伤 悲傷 伤心 傷心 难过 難過 忧郁 憂鬱 忧伤 憂傷 抑郁 抑鬱 孤独 孤獨 "
    "슬픔 우울 슬픈 우울한 외로움 쓸쓸한",
    "calm calmness relaxed relaxing relaxation peaceful peace tender tenderness serene serenity tranquil content "
    "contented gentle quiet soothing "
    "平静 平靜 放松 放鬆 安静 安靜 宁静 寧靜 温柔 溫柔 舒缓 舒緩 "
    "평온 차분 편안 고요 평화 차분한 편안한 평화로운 잔잔한",
)

_BY_WORD = {word: index for index, words in enumerate(MOOD_WORDS) for word in words.split()} | {
    name.casefold(): index for index, name in enumerate(QUADRANTS)
}


def quadrant_of_words(text: str) -> int | None:
    """Quadrant that a label in words stands for, None if it stands for none.

    Parameters
    ----------
    text : str
        "Q2", "q2", "angry", "Q2 angry", "fear_tension", "悲伤", "슬픔": letter case, numbers and punctuation do not
        matter. Every word must be known, and all must speak of one quadrant.

    Returns
    -------
    int or None
        0..3 for Q1..Q4.
    """
    words = [word for word in re.split(r"[\W_]+", text.casefold()) if word and not word.isdecimal()]
    found = {_BY_WORD.get(word) for word in words}
    return found.pop() if len(found) == 1 else None


#: EMOPIA names its clips `Qn_<song>_<i>`.
_EMOPIA_NAME = re.compile(r"(Q[1-4])_(.+)_\d+", re.IGNORECASE)


def emopia_name(stem: str) -> tuple[int, str] | None:
    """Quadrant (0..3) and song of a clip whose file is named as EMOPIA names its clips, None for other names."""
    found = _EMOPIA_NAME.fullmatch(stem)
    return (QUADRANTS.index(found[1].upper()), found[2]) if found else None
