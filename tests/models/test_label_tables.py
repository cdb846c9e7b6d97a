"""Tables of labels from elsewhere: every mistake has its message, and a scale is told or asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.data.label_import import LabelImport, import_labels
from models.data.label_scales import NINE, PLANE, UNIT, Scale, read_scale
from models.errors import JobError


class TestTables:
    def read(self, tmp_path: Path, *lines: str, scales: dict[str, Scale] | None = None) -> LabelImport:
        (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
        return import_labels(tmp_path / "t.csv", scales)

    def test_each_bad_row_is_one_message_with_file_row_and_cause(self, tmp_path: Path) -> None:
        found = self.read(
            tmp_path,
            "file,rater,quadrant,valence,arousal,start_s,end_s,cant_say,seconds,chills,trace",
            "a.wav,A,Q1,,,,,,,,",
            "b.wav,A,Q9,,,,,,,,",
            "c.wav,A,,0.5,,,,,,,",
            "d.wav,A,,,,,,,,,",
            "e.wav,A,,-0.5,much,,,,,,",
            ",A,Q1,,,,,,,,",
            "f.wav,A,Q1,,,5,3,,,,",
            "g.wav,A,Q1,,,5,,,,,",
            "h.wav,A,Q1,,,,,yes,,,",
            "i.wav,A,,,,,,maybe,,,",
            "j.wav,A,Q1,,,,,,-3,,",
            "k.wav,A,Q1,,,,,,,1;x,",
            "l.wav,A,,,,,,,,,nowhere.csv",
            "m.wav,A,,,,,,yes,,,",
            "n.wav,A,,-0.5,nan,,,,,,",
            "o.wav,A,悲伤,,,1,2,,,,",
        )
        assert [row.file.name for row in found.rows] == ["a.wav", "m.wav", "o.wav"]
        assert found.rows[2].quadrant == "Q3"
        rows = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]
        causes = ["'Q9'", "no arousal", "no label", "'much'", "no file", "passage", "passage", "cant_say"]
        causes += ["'maybe'", "seconds", "'1;x'", "nowhere.csv", "'nan'"]
        assert len(found.problems) == len(rows)
        for problem, row, cause in zip(found.problems, rows, causes, strict=True):
            assert f"t.csv, row {row}" in problem.message or cause == "nowhere.csv"
            assert cause in problem.message

    def test_out_of_range_is_one_row_not_another_scale(self, tmp_path: Path) -> None:
        lines = ["file,valence,arousal", *(f"{i}.wav,{i / 10 - 0.5},{0.3}" for i in range(9)), "x.wav,3,0.1"]
        found = self.read(tmp_path, *lines)
        assert len(found.rows) == 9
        (problem,) = found.problems
        assert "row 11: valence is 3; on the scale -1..1" in problem.message

    def test_mixed_scales_are_asked_for(self, tmp_path: Path) -> None:
        lines = ["file,rater,valence,arousal", "a.wav,Anna,-0.5,0.5", "a.wav,Ben,2,8", "b.wav,Ben,7,3"]
        found = self.read(tmp_path, *lines)
        assert found.question is not None
        assert "different scales" in found.question.message
        assert found.question.suggested == {"Ben": NINE}
        assert [row.rater for row in found.rows] == ["Anna"]
        told = self.read(tmp_path, *lines, scales={"Ben": NINE})
        assert told.question is None
        assert [(row.valence, row.arousal) for row in told.rows] == [(-0.5, 0.5), (-0.75, 0.75), (0.5, -0.5)]
        wrong = self.read(tmp_path, *lines, scales={"Ben": Scale(1, 5)})
        assert len(wrong.problems) == 2

    def test_numbers_above_nought_may_be_either_scale(self, tmp_path: Path) -> None:
        lines = ["file,valence,arousal", "a.wav,0.5,0.75", "b.wav,0.25,1"]
        asked = self.read(tmp_path, *lines)
        assert asked.rows == ()
        assert asked.question is not None
        assert asked.question.suggested == {"": UNIT}
        assert self.read(tmp_path, *lines, scales={"": UNIT}).rows[0].arousal == 0.5
        assert self.read(tmp_path, *lines, scales={"": PLANE}).rows[0].arousal == 0.75

    def test_a_rater_of_happy_songs_beside_others_is_not_asked_for_until_he_rated_many(self, tmp_path: Path) -> None:
        head = ["file,rater,valence,arousal", "a.wav,Anna,-0.5,-0.5"]
        few = [f"{i}.wav,Ben,0.5,0.7" for i in range(3)]
        assert self.read(tmp_path, *head, *few).question is None
        many = [f"{i}.wav,Ben,0.5,0.7" for i in range(30)]
        asked = self.read(tmp_path, *head, *many)
        assert asked.question is not None
        assert list(asked.question.suggested) == ["Ben"]

    def test_a_declared_scale_is_not_asked_for(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, "file,valence,arousal,scale", "a.wav,3,3,1..5", "b.wav,0.5,0.5,0..1")
        assert [(row.valence, row.arousal) for row in found.rows] == [(0, 0), (0, 0)]
        bad = self.read(tmp_path, "file,valence,arousal,scale", "a.wav,3,3,wide")
        assert "row 2" not in bad.problems[0].message or "scale" in bad.problems[0].message

    def test_no_table_and_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(JobError, match="row 1"):
            self.read(tmp_path, "file,comment", "a.wav,nice")
        with pytest.raises(JobError, match="row 1"):
            self.read(tmp_path, "song,quadrant", "a.wav,Q1")
        assert "no row" in self.read(tmp_path, "file,quadrant").notices[0]
        with pytest.raises(JobError, match="does not exist"):
            import_labels(tmp_path / "nowhere")
        (tmp_path / "empty").mkdir()
        with pytest.raises(JobError, match="moods"):
            import_labels(tmp_path / "empty")

    def test_contradictions_are_told_and_kept(self, tmp_path: Path) -> None:
        found = self.read(
            tmp_path,
            "file,rater,quadrant,valence,arousal",
            "a.wav,Anna,Q1,,",
            "a.wav,Anna,Q2,,",
            "b.wav,Anna,Q1,,",
            "b.wav,Ben,Q3,,",
            "c.wav,Anna,Q1,-0.5,-0.5",
            "d.wav,Anna,Q4,,",
            "d.wav,Anna,Q4,,",
        )
        assert len(found.rows) == 7
        odd, double, opposed = found.notices
        assert "c.wav" in odd
        assert "Anna says Q1 and Q2 of a.wav" in double
        assert "opposite quadrants for 1 of 4 recordings, b.wav first (Anna Q1, Ben Q3)" in opposed


@pytest.mark.parametrize(
    ("text", "scale"), [("1..9", NINE), ("-1..1", PLANE), (" 0 .. 1 ", UNIT), ("-5:5", Scale(-5, 5))]
)
def test_scales_in_words(text: str, scale: Scale) -> None:
    assert read_scale(text) == scale
    assert scale.to_plane(scale.low) == -1
    assert scale.to_plane(scale.high) == 1
    assert scale.from_plane(scale.to_plane(0.3)) == pytest.approx(0.3)


@pytest.mark.parametrize("text", ["", "9", "9..1", "a..b", "1..1", "1.2.3..4"])
def test_what_is_no_scale(text: str) -> None:
    with pytest.raises(JobError, match="scale"):
        read_scale(text)
