from pathlib import Path

import pytest

from console.app.config import ConfigError, load_config


def test_that_the_command_line_wins_over_the_file_and_the_file_over_defaults(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text('port = 9000\nlanguage = "en"\n', encoding="utf-8")
    config = load_config(tmp_path, {"port": 9100, "language": None})
    assert (config.port, config.language, config.theme) == (9100, "en", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = ", "not valid TOML"),
        ('port = "many"', "wants int"),
        ("port = 70000", "65535"),
        ("colour = 1", "no setting “colour”"),
        ('theme = "pink"', "dark or light"),
        ("pace = -1", "cannot be negative"),
    ],
)
def test_that_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path, {})
    assert said in str(caught.value)
