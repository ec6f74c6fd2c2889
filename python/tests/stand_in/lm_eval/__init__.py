"""A stand-in for lm-evaluation-harness, which Debian does not have: as much of the interface as
examples/lm_eval_adapter.py uses, written down from the harness's documentation (docs/model_guide.md,
docs/interface.md). It computes nothing; lm_eval_adapter_test.py does the harness's arithmetic."""
