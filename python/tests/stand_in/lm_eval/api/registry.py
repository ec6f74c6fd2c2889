"""lm_eval.api.registry: models by name."""

MODEL_REGISTRY = {}


def register_model(*names):

    def decorate(cls):
        MODEL_REGISTRY.update({name: cls for name in names})
        return cls

    return decorate
