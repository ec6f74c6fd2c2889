"""lm_eval.api.model: the base class of models."""

import abc


class LM(abc.ABC):

    def __init__(self):
        self._rank = 0
        self._world_size = 1

    @abc.abstractmethod
    def loglikelihood(self, requests):
        """requests: Instances whose `args` are (context, continuation)."""

    @abc.abstractmethod
    def loglikelihood_rolling(self, requests):
        """requests: Instances whose `args` are (text,)."""

    @abc.abstractmethod
    def generate_until(self, requests):
        """requests: Instances whose `args` are (context, options)."""
