package dev.ambit.e2e.redirect;

import java.util.List;
import java.util.Optional;

/// One nftables table of family `inet`, that is both IP versions.
record Table(String name, List<Chain> chains) {
    Table {
        chains = List.copyOf(chains);
    }

    /// @param hook where the kernel enters the chain, if not by a jump
    record Chain(String name, Optional<Hook> hook, List<Rule> rules) {
        Chain {
            rules = List.copyOf(rules);
        }
    }

    /// @param type `nat`, `filter`, or `route` (which looks up the route again after a mark
    ///   changed)
    /// @param point `prerouting` or `output`
    record Hook(String type, String point, int priority) {}

    record Rule(List<Match> matches, Effect effect) {
        Rule {
            matches = List.copyOf(matches);
        }

        static Rule when(Effect effect, Match... matches) {
            return new Rule(List.of(matches), effect);
        }
    }
}
