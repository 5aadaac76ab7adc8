"""Training a student's network to an accuracy: runs in the student's process, limits and verdicts on this side.

A check asks for it by marker and fixture:

    @pytest.mark.question("Q7", points=8)
    @pytest.mark.training("cifar")
    def test_reaches_the_threshold(student, training):
        \"\"\"Trained for two epochs, the network gets more than half of the test images right.\"\"\"
        training.learns(student.make_cifar_run)
        training.demand("net")
"""
