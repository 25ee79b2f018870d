"""The simulated city: force, citizens, handhelds, RTSP cameras."""
