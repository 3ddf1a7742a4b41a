"""The regional labor kernel: pure functions of draws, instruments and an economy; see MODEL.md."""
