"""The city's cameras: points, pictures, faults and the RTSP server that shows them."""
