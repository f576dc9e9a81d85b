from torchvision.models import ResNet18_Weights

from xaivision.models.imagenet_classes import imagenet_classes


def test_names_are_torchvisions_categories_in_their_order():
    assert imagenet_classes() == tuple(ResNet18_Weights.DEFAULT.meta["categories"])
    assert (imagenet_classes()[281], imagenet_classes()[967]) == ("tabby", "espresso")
