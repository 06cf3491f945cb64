"""Networks: chains of layers, activations and a loss, and how the gradient goes back through them."""

from symconv.network.activations import Activation as Activation
from symconv.network.batchnorm import BatchNorm as BatchNorm
from symconv.network.chain import Chain as Chain
from symconv.network.dense import Dense as Dense
from symconv.network.parts import Flatten as Flatten
from symconv.network.parts import Residual as Residual
