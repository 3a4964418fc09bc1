"""Trains version A and writes its deploy folder: python training/train_a.py [--output FOLDER]."""

from deploy import train_and_write

if __name__ == "__main__":
    train_and_write("A")
