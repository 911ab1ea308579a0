package dev.ambit.mesh.policy;

import dev.ambit.mesh.policy.Verdict.MatchedRule;
import java.util.List;
import java.util.Optional;

/// What policies in dry run would do to a connection if they were enforced beside the others.
///
/// @param denies those that would deny it, in order
/// @param allows those that would allow it, in order
/// @param nothingAllows ALLOW policies are in dry run, none is enforced, and none of them matches
/// @param wouldAllow the answer, were all of them enforced
public record Rehearsal(
        List<MatchedRule> denies,
        List<MatchedRule> allows,
        boolean nothingAllows,
        boolean wouldAllow) {
    public Rehearsal {
        denies = List.copyOf(denies);
        allows = List.copyOf(allows);
    }

    /// The policy in dry run that decides the answer; empty where none does.
    public Optional<MatchedRule> by() {
        if (!denies.isEmpty()) {
            return Optional.of(denies.getFirst());
        }
        return wouldAllow ? allows.stream().findFirst() : Optional.empty();
    }
}
