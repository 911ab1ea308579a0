/// The node agent: enrolls pods and hands them to ztunnel over ZDS.
@NullMarked
package dev.ambit.e2e.agent;

import org.jspecify.annotations.NullMarked;
