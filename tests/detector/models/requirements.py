"""The releases that the models name, for pip: what ``make test-models`` installs."""

from real.detector.models.catalogue import libraries

if __name__ == "__main__":
    for library in libraries():
        if library.release and not library.unchecked:
            print(library.release)
