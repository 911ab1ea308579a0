/// The DNS proxy in each pod: answers what the mesh knows, hands everything else on as it is.
@NullMarked
package dev.ambit.ztunnel.dns;

import org.jspecify.annotations.NullMarked;
