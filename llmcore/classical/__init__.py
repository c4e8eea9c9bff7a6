"""What came before language models, to measure them against. scikit-learn loads on first use."""

from llmcore.classical.baselines import Baseline, MajorityClass, NaiveBayes

__all__ = ["Baseline", "MajorityClass", "NaiveBayes"]
