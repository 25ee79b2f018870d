"""RTSP, RTP and NAL grammar, for cameras simulated and cameras watched."""
