package dev.ambit.control.resource;

/// Ends the reading of one resource; becomes a {@link Problem}, never leaves the packages that
/// read.
public final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    public BadInput(Problem problem) {
        super(problem.toString(), null, false, false);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
