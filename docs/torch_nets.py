"""lint's own networks as PyTorch classes: Cnn, Standard and Small, with the names that lint's models have.

    import torch, torch_nets
    net, classes = torch_nets.load("model.safetensors")     # the class that the model fits
    with torch.no_grad():
        logits = net(image)                                 # [N,3,H,W], RGB, 0 to 1

The mean and std of the network's `input` line are part of it. A class holds the network as models/NAME.net
has it; a network of your own is a class like these, with its layers' names as attributes.
"""
import lts
import torch
from torch import nn
from torch.nn import functional as f


class Net(nn.Module):
    """size: height and width of a picture; mean and std of its channels. The two are no part of the state dict."""
    size, mean, std = (96, 96), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

    def __init__(self):
        super().__init__()
        for name in "mean", "std":
            self.register_buffer(name + "s", torch.tensor(getattr(self, name)).view(3, 1, 1), persistent=False)

    def features(self, image):
        """The values at the `cam` line, [N,C,h,w]."""
        return self.layers((image - self.means) / self.stds)

    def forward(self, image):
        return self.head(self.features(image))


class Cnn(Net):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 3, padding="same"), nn.BatchNorm2d(64)
        self.conv3, self.bn3 = nn.Conv2d(64, 128, 3, padding="same"), nn.BatchNorm2d(128)
        self.conv4, self.bn4 = nn.Conv2d(128, 128, 3, padding="same"), nn.BatchNorm2d(128)
        self.fc = nn.Linear(128, classes)

    def layers(self, x):
        x = f.max_pool2d(f.relu(self.bn1(self.conv1(x))), 2)
        x = f.max_pool2d(f.relu(self.bn2(self.conv2(x))), 2)
        x = f.relu(self.bn3(self.conv3(x)))
        return f.relu(self.bn4(self.conv4(x)))

    def head(self, x):
        return self.fc(x.mean((2, 3)))


class Standard(Net):
    size = 192, 192

    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 2, padding="same")
        self.conv2, self.bn2 = nn.Conv2d(16, 16, 2, padding="same"), nn.BatchNorm2d(16)
        self.conv3, self.bn3 = nn.Conv2d(16, 64, 2, padding="same"), nn.BatchNorm2d(64)
        self.conv4, self.bn4 = nn.Conv2d(64, 32, 2, padding="same"), nn.BatchNorm2d(32)
        self.fc1, self.fc2 = nn.Linear(32 * 24 * 24, 128), nn.Linear(128, 128)
        self.fc3, self.fc4, self.fc5 = nn.Linear(128, 64), nn.Linear(64, 32), nn.Linear(32, classes)

    def layers(self, x):
        x = f.max_pool2d(self.bn2(self.conv2(self.conv1(x))), 2)
        x = f.max_pool2d(self.bn3(self.conv3(x)), 2)
        return f.relu(f.max_pool2d(self.bn4(self.conv4(x)), 2))

    def head(self, x):
        x = x.flatten(1)
        for fc in self.fc1, self.fc2, self.fc3, self.fc4:
            x = f.relu(fc(x))
        return self.fc5(x)


class Small(Net):
    size, mean, std = (224, 224), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 2, padding="same"), nn.BatchNorm2d(16)
        self.conv2, self.bn2 = nn.Conv2d(16, 64, 2, stride=2), nn.BatchNorm2d(64)
        self.conv3, self.bn3 = nn.Conv2d(64, 32, 2, stride=2), nn.BatchNorm2d(32)
        self.fc = nn.Linear(32 * 56 * 56, classes)

    def layers(self, x):
        for conv, bn in (self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3):
            x = f.relu(bn(conv(x)))
        return x

    def head(self, x):
        return self.fc(x.flatten(1))


def load(path):
    """The net of a model, for inference, and the names of its classes."""
    with open(path, "rb") as file:
        info, tensors = next(lts.read(file))
    weights = {name: torch.frombuffer(bytearray(data), dtype=torch.float32).view(shape)
               for name, (_, shape, data) in tensors.items()}
    classes = lts.json.loads(info["classes"])
    for kind in Cnn, Standard, Small:
        net = kind(len(classes))
        shapes = {name: w.shape for name, w in net.state_dict().items() if "num_batches" not in name}
        if shapes == {name: w.shape for name, w in weights.items()}:
            net.load_state_dict(weights | {name: w for name, w in net.state_dict().items() if "num_batches" in name})
            return net.eval(), classes
    raise ValueError(f"{path}: not the network cnn, standard or small: its tensors are {', '.join(sorted(weights))}")
