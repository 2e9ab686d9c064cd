"""Makes training images out of stored glyphs: sampling, warping, surroundings, degradation.

Everything is a pure function of arrays, settings and a random generator, so the same seed gives the
same bytes. Characters use it as it is; lines are built from the same parts.
"""

from koocr.data.synthesis.sampling import GlyphSampler, SamplingSettings
from koocr.data.synthesis.settings import AugmentationSettings
from koocr.data.synthesis.stream import GlyphBatch, GlyphStream

__all__ = ["AugmentationSettings", "GlyphBatch", "GlyphSampler", "GlyphStream", "SamplingSettings"]
