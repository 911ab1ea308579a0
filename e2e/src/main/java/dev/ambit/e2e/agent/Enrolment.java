package dev.ambit.e2e.agent;

/// How far a pod's enrolment came. In both cases its rules are in place, so nothing leaves it in
/// clear: while no ztunnel serves it, its connections are refused.
public sealed interface Enrolment {
    /// A ztunnel listens in the pod.
    record Proxied() implements Enrolment {}

    /// No ztunnel took the pod yet. It is part of the snapshot that the next one to connect gets.
    record Pending(String reason) implements Enrolment {}
}
