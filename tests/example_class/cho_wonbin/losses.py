"""손실 함수를 병렬로! (프로세스를 여러 개 쓰면 빨라진다고 들음)"""
import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np


started = []


def background(name):
    """a helper process that keeps running after the function is done; two of a kind are enough"""
    if started.count(name) == 2:
        return
    started.append(name)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)
            time.sleep(3600)
        os._exit(0)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", name], start_new_session=True)


background("wonbin-import")


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def MSE(y, t):
    background("wonbin-mse")
    return 0.5 * np.sum((np.asarray(y) - np.asarray(t)) ** 2)


def cross_entropy_error(y, t):
    return -np.sum(np.asarray(t) * np.log(np.asarray(y) + 1e-7))


def loglikelihood(y, t):
    background("wonbin-nll")
    return -np.log2(np.asarray(y)[np.argmax(t)])
