package dev.ambit.control.resource.ambit;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.TargetRef;
import dev.ambit.control.resource.traffic.RetryBudget;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How many requests services take, from everybody and from each client, and how many of them may
/// be retries.
///
/// @param targets services, or the waypoint for all of its services
/// @param local counted by each waypoint pod for itself
/// @param global counted by a service for all waypoint pods
/// @param retryBudget where no DestinationRule has one
public record TrafficLimits(
        Meta meta,
        List<TargetRef> targets,
        List<Local> local,
        Optional<Global> global,
        Optional<RetryBudget> retryBudget)
        implements Resource {

    /// How many different clients (or other values) a local limit remembers unless it says so; of
    /// more, the one that was silent longest starts afresh.
    public static final int CLIENTS = 10_000;

    /// A rate limit service that takes longer counts as failed.
    public static final Duration TIMEOUT = Duration.ofMillis(25);

    public static final int STATUS = 429;

    public TrafficLimits {
        targets = List.copyOf(targets);
        local = List.copyOf(local);
    }

    /// Which requests a limit counts.
    ///
    /// @param by one count for each combination of these; none: one for all
    public record Scope(Match match, List<By> by) {
        public Scope {
            by = List.copyOf(by);
        }
    }

    /// All parts must match; of a part any value. A part without values matches everything.
    ///
    /// @param paths, like `identities`: whole, or with `*` at the end
    /// @param headers by name: the value, or `*` for any
    /// @param identities without `spiffe://`
    public record Match(
            List<String> methods,
            List<String> paths,
            Map<String, String> headers,
            List<String> identities) {
        public static final Match ALL = new Match(List.of(), List.of(), Map.of(), List.of());

        public Match {
            methods = List.copyOf(methods);
            paths = List.copyOf(paths);
            headers = Map.copyOf(headers);
            identities = List.copyOf(identities);
        }
    }

    public sealed interface By {
        /// What the client's certificate says.
        record Identity() implements By {}

        record Method() implements By {}

        record Path() implements By {}

        /// Requests without the header are not counted.
        record Header(String name) implements By {}
    }

    /// @param burst requests that may come at once
    /// @param clients see {@link #CLIENTS}
    public record Local(
            String name,
            Scope scope,
            int requests,
            Duration per,
            int burst,
            int clients,
            int status) {}

    /// @param service host name of one that speaks Envoy's rate limit protocol; it knows the
    ///   numbers
    /// @param domain that it keeps them under
    /// @param failOpen requests pass while it can't be asked
    public record Global(
            String service,
            int port,
            String domain,
            Duration timeout,
            boolean failOpen,
            int status,
            List<Counted> limits) {
        public Global {
            limits = List.copyOf(limits);
        }
    }

    /// @param name that the service is asked by
    public record Counted(String name, Scope scope) {}
}
