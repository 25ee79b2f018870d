"""Other people's formats and protocols, in and out."""
