using System.Collections.Frozen;

namespace Slideport.Converter.Spool;

/// <summary>Where a slide is on its way from the scanner to the image file system.</summary>
internal enum SlideState
{
    /// <summary>Instances arrive.</summary>
    Receiving,

    /// <summary>Not complete although the sender has finished, or the image store cannot take it now: the reason says which.</summary>
    Waiting,

    /// <summary>An instance came twice with different bytes; both are kept. The first counts, and the slide goes on with it.</summary>
    Conflict,

    /// <summary>All instances are there; conversion may begin.</summary>
    Complete,

    /// <summary>The output is being assembled.</summary>
    Converting,

    /// <summary>The final name is reserved; the output is being flushed, read back and published.</summary>
    Delivering,

    /// <summary>The output is visible under its final name.</summary>
    Delivered,

    /// <summary>The published output was read from the store again and is what was sent.</summary>
    Verified,

    /// <summary>The spool's copy is gone after its retention; the record stays.</summary>
    Purged,

    /// <summary>Cannot be delivered as configured: refused, or three attempts failed. Everything received is kept.</summary>
    Failed,
}

/// <summary>Which state may follow which.</summary>
internal static class SlideStates
{
    private static readonly FrozenSet<(SlideState From, SlideState To)> Allowed = new (SlideState, SlideState[])[]
    {
        // Failed without an attempt: an acknowledged instance was found to be gone when the converter started.
        (SlideState.Receiving, [SlideState.Waiting, SlideState.Conflict, SlideState.Complete, SlideState.Failed]),
        (SlideState.Waiting, [SlideState.Receiving, SlideState.Conflict, SlideState.Complete, SlideState.Failed]),
        (SlideState.Conflict, [SlideState.Receiving, SlideState.Waiting, SlideState.Complete, SlideState.Failed]),
        (SlideState.Complete, [SlideState.Receiving, SlideState.Conflict, SlideState.Converting, SlideState.Waiting, SlideState.Failed]),
        // Back to Complete: the process ended half-way, or a late instance came; the work is repeated.
        (SlideState.Converting, [SlideState.Complete, SlideState.Receiving, SlideState.Delivering, SlideState.Waiting, SlideState.Failed]),
        (SlideState.Delivering, [SlideState.Complete, SlideState.Receiving, SlideState.Delivered, SlideState.Waiting, SlideState.Failed]),
        // Receiving: an instance came after delivery; the next revision begins.
        (SlideState.Delivered, [SlideState.Verified, SlideState.Receiving, SlideState.Failed]),
        // Failed: a server has lost what it had read back to us.
        (SlideState.Verified, [SlideState.Purged, SlideState.Receiving, SlideState.Failed]),
        // Verified: a further destination that was let go of is to have it after all.
        (SlideState.Purged, [SlideState.Receiving, SlideState.Verified]),
        // Delivering: a person asks again for one that may lie in the store after all.
        (SlideState.Failed, [SlideState.Receiving, SlideState.Conflict, SlideState.Complete, SlideState.Delivering]),
    }.SelectMany(row => row.Item2.Select(to => (row.Item1, to))).ToFrozenSet();

    /// <summary>Whether the table has that step.</summary>
    internal static bool CanFollow(this SlideState to, SlideState from) => Allowed.Contains((from, to));

    /// <summary>Whether the output has been published: what comes now belongs to the next revision.</summary>
    internal static bool IsPublished(this SlideState state) => state is SlideState.Delivered or SlideState.Verified or SlideState.Purged;

    /// <summary>Whether the slide still expects something from the scanner.</summary>
    internal static bool IsOpen(this SlideState state) => state is SlideState.Receiving or SlideState.Waiting or SlideState.Conflict;
}
