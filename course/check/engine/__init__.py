"""The parts that every check is made of; the checks themselves are one folder up, a file or more for each chapter.

::

    check.gram(gram)
      Exercise   draws a seed, asks the function, prints one line or raises      exercise.py
        Question   inputs of this draw, comparisons, the words for what is wrong   exercise.py, compare.py, differences.py
          Answer     "what do you return for these inputs?"                          answers.py
            probe      a small function that runs beside the student's and hands values back   probes.py

An `Answer` may be in this process (`answers.LocalAnswer`) or in a sandbox (`course.answers.remote.RemoteAnswer`): probes
go to the student's function, what is expected stays with the check.
"""
