"""Lets alarms be heard, each priority with its own voice; without a loudspeaker says so once."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QLoggingCategory, QObject, Signal, Slot

from console.alarms.conditions import Priority
from console.alarms.tones import RATE_HZ, samples


class AlarmVoice(QObject):
    """Plays the voice of alarms that are raised; what is heard gives way to what is worse.

    Signals:
        silent: A sentence, once: why nothing is heard here.
        heard: Priority of the voice that was begun, 1 to 3.
    """

    silent = Signal(str)
    heard = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_muted = False
        self._has_said = False
        self._playing: tuple[QObject, QBuffer, Priority] | None = None

    @Slot(int)
    def play(self, priority: int) -> bool:
        """Play a priority's voice; return whether it is heard."""
        wanted = Priority(priority)
        if self.is_muted or self._is_worse_playing(wanted):
            return False
        # It takes a third of a second and is needed with the first alarm only.
        QLoggingCategory.setFilterRules("qt.multimedia.symbolsresolver=false")
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices  # noqa: PLC0415

        device = QMediaDevices.defaultAudioOutput()
        sound = QAudioFormat()
        sound.setSampleRate(RATE_HZ)
        sound.setChannelCount(1)
        sound.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        if device.isNull() or not device.isFormatSupported(sound):
            self._say_silent()
            return False
        self.stop()
        sink, buffer = QAudioSink(device, sound, self), QBuffer(self)
        buffer.setData(QByteArray(samples(wanted).tobytes()))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._playing = (sink, buffer, wanted)
        sink.start(buffer)
        self.heard.emit(int(wanted))
        return True

    def stop(self) -> None:
        """Be quiet."""
        if self._playing is not None:
            sink, buffer, _ = self._playing
            self._playing = None
            buffer.close()
            sink.deleteLater()
            buffer.deleteLater()

    def _is_worse_playing(self, wanted: Priority) -> bool:
        if self._playing is None:
            return False
        _, buffer, priority = self._playing
        return priority < wanted and not buffer.atEnd()

    def _say_silent(self) -> None:
        if not self._has_said:
            self._has_said = True
            self.silent.emit(
                self.tr("This machine has no loudspeaker: alarms are shown here, not heard.")
            )
