package dev.ambit.control.resource.traffic;

import java.time.Duration;
import java.util.Optional;

/// How many retries may run at once, as a part of the requests.
///
/// @param percent of the active requests, 0 to 100
/// @param minConcurrency retries that are always allowed; 0: the default
/// @param interval over which requests are counted; absent: those that are active now
public record RetryBudget(
        Optional<Double> percent, int minConcurrency, Optional<Duration> interval) {}
