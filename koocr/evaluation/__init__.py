"""Measuring what was read: metrics, calibration, confusions, pictures and reports."""
