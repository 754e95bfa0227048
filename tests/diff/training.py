"""Plain gradient descent on the mean loss of a batch, in 64-bit floats."""

import zlib

import jax
import jax.numpy as jnp
import numpy
from nets import cross_entropy


def mean_loss(net, loss, trained, frozen, images, labels):
    logits = jax.vmap(lambda image: net(trained | frozen, image))(images)
    return jax.vmap(loss)(logits, labels).mean()


def train(net, weights, trained_paths, images, labels, batch, steps, learning_rate, loss=cross_entropy):
    """Trains on `batch` samples at a time, in order from the first, wrapping around.

    Returns the loss before every step, the update of every step at a learning rate of 1 (which is minus
    the gradient), and the trained weights before every step and after the last: lists of dictionaries.
    A compiler's `batch N accumulate M` is a batch of N times M here.
    """
    frozen = {path: jnp.asarray(array, dtype="float64") for path, array in weights.items()}
    trained = {path: frozen.pop(path) for path in trained_paths}
    step = jax.jit(jax.value_and_grad(lambda t, f, i, l: mean_loss(net, loss, t, f, i, l)))
    losses, updates, history = [], [], []
    for number in range(steps):
        history.append({path: numpy.asarray(array) for path, array in trained.items()})
        samples = (numpy.arange(batch) + number * batch) % len(labels)
        loss, gradients = step(trained, frozen, jnp.asarray(images[samples], dtype="float64"), labels[samples])
        losses.append(float(loss))
        updates.append({path: -numpy.asarray(array) for path, array in gradients.items()})
        trained = {path: trained[path] - learning_rate * gradients[path] for path in trained}
    history.append({path: numpy.asarray(array) for path, array in trained.items()})
    return numpy.array(losses), updates, history


def train_batches(net, weights, states, images, labels, batch, accumulate, steps, learning_rate):
    """The same for a net of whole batches, which also gives the next states: an update is the mean of `accumulate`
    micro-batches. All of `weights` train. Returns losses, updates at a learning rate of 1, and the last states."""
    trained = {path: jnp.asarray(array, dtype="float64") for path, array in weights.items()}
    states = {path: jnp.asarray(array, dtype="float64") for path, array in states.items()}

    def loss_of(trained, states, images, labels):
        logits, after = net(trained, states, images)
        return jax.vmap(cross_entropy)(logits, labels).mean(), after

    step = jax.jit(jax.value_and_grad(loss_of, has_aux=True))
    losses, updates = [], []
    for number in range(steps):
        loss, update = 0.0, {path: 0.0 for path in trained}
        for part in range(accumulate):
            samples = (numpy.arange(batch) + (number * accumulate + part) * batch) % len(labels)
            (of_part, states), gradients = step(
                trained, states, jnp.asarray(images[samples], dtype="float64"), labels[samples]
            )
            loss += float(of_part) / accumulate
            update = {path: update[path] - gradients[path] / accumulate for path in trained}
        losses.append(loss)
        updates.append({path: numpy.asarray(array) for path, array in update.items()})
        trained = {path: trained[path] + learning_rate * update[path] for path in trained}
    return numpy.array(losses), updates, {path: numpy.asarray(array) for path, array in states.items()}


def random_weights(shapes, seed):
    """Weights of about the size that training gives, none zero, adapters included: matrices and kernels
    are normal with deviation 1/sqrt(elements per output), everything else is normal with deviation 0.1,
    about 1 for the scales of norms and about 0 otherwise. One stream per path, float32."""
    weights = {}
    for path, shape in shapes.items():
        random = numpy.random.RandomState(zlib.crc32(f"{seed} {path}".encode()))
        array = random.standard_normal(shape)
        if len(shape) > 1:
            array = array / numpy.sqrt(numpy.prod(shape[1:]))
        else:
            array = 0.1 * array + (1.0 if path.endswith("weight") else 0.0)
        weights[path] = array.astype(numpy.float32)
    return weights
