"""Layers: the user's face, composed of what lies below."""

from symconv.layers.conv import Conv as Conv
from symconv.layers.conv import Conv1d as Conv1d
from symconv.layers.conv import Conv2d as Conv2d
from symconv.layers.conv import Conv3d as Conv3d
from symconv.layers.conv import ConvTranspose as ConvTranspose
from symconv.layers.conv import ConvTranspose1d as ConvTranspose1d
from symconv.layers.conv import ConvTranspose2d as ConvTranspose2d
from symconv.layers.conv import ConvTranspose3d as ConvTranspose3d
from symconv.layers.layer import Layer as Layer
from symconv.layers.pooling import AvgPool as AvgPool
from symconv.layers.pooling import AvgPool1d as AvgPool1d
from symconv.layers.pooling import AvgPool2d as AvgPool2d
from symconv.layers.pooling import AvgPool3d as AvgPool3d
from symconv.layers.pooling import MaxPool as MaxPool
from symconv.layers.pooling import MaxPool1d as MaxPool1d
from symconv.layers.pooling import MaxPool2d as MaxPool2d
from symconv.layers.pooling import MaxPool3d as MaxPool3d
