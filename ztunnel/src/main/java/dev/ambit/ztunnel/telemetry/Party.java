package dev.ambit.ztunnel.telemetry;

import dev.ambit.hbone.ConnectReply;
import dev.ambit.hbone.wire.Baggage;
import dev.ambit.mesh.model.Workload;
import java.util.Optional;

/// What metrics and the access log say about one side of a connection. Empty: not known.
///
/// @param uid of the workload; empty when it was only told by baggage
/// @param name in the access log: the pod's name where it is known
/// @param workload the Deployment, CronJob, Job or Pod behind it
/// @param revision of the canonical service; metrics show it as the version too
/// @param app the canonical service, or the workload when only baggage told about it
public record Party(
        String uid,
        String name,
        String namespace,
        String workload,
        String canonicalService,
        String revision,
        String app,
        String cluster,
        String region,
        String zone) {
    public static final Party UNKNOWN = new Party("", "", "", "", "", "", "", "", "", "");

    public static Party of(Workload workload) {
        return new Party(
                workload.uid(),
                workload.name().isEmpty() ? workload.canonicalName() : workload.name(),
                workload.namespace(),
                workload.workloadName(),
                workload.canonicalName(),
                workload.canonicalRevision(),
                workload.canonicalName(),
                workload.clusterId(),
                workload.locality().region(),
                workload.locality().zone());
    }

    /// A peer's word about itself: good enough for telemetry.
    public static Party of(Baggage said) {
        if (said.equals(Baggage.EMPTY)) {
            return UNKNOWN;
        }
        return new Party(
                "",
                said.workload().isEmpty() ? said.service() : said.workload(),
                said.namespace(),
                said.workload(),
                said.service(),
                said.revision(),
                said.workload(),
                said.cluster(),
                said.region(),
                said.zone());
    }

    /// The far end of a connection through another network's gateway, by its own answer: nobody
    /// here knows which workload the gateway chose. Unknown where it said nothing.
    public static Party of(ConnectReply farEnd) {
        return of(farEnd.baggage().map(Baggage::parse).orElse(Baggage.EMPTY));
    }

    /// The control plane's word replaces the peer's as a whole, never field by field.
    public static Party of(Optional<Workload> known, Baggage said) {
        return known.map(Party::of).orElseGet(() -> of(said));
    }
}
