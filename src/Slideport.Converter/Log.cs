using Microsoft.Extensions.Logging;
using Slideport.Converter.Spool;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Slides;

namespace Slideport.Converter;

/// <summary>Everything the DICOM Converter says. Event ids 2000–2999: 20xx receiving, 21xx slides, 22xx delivery, 23xx spool, 24xx SAM.</summary>
/// <remarks>UIDs and addresses are named, patients and barcodes are not: logs travel further than slides.</remarks>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "DICOM Converter listens on {EndPoint} (TLS {Tls}), spool '{Spool}', image store '{Store}'.")]
    internal static partial void Listening(ILogger log, string endPoint, bool tls, string spool, string store);

    [LoggerMessage(2001, LogLevel.Debug, "{Peer}: instance {Instance} stored, {Bytes} bytes.")]
    internal static partial void InstanceStored(ILogger log, string peer, string instance, long bytes);

    [LoggerMessage(2002, LogLevel.Information, "{Peer}: instance {Instance} came again with the same bytes; nothing to do.")]
    internal static partial void InstanceIdentical(ILogger log, string peer, string instance);

    [LoggerMessage(2010, LogLevel.Error, "{Peer}: instance {Instance} came with other bytes than before; both are kept, this one in conflict/. Answered {Status}.")]
    internal static partial void InstanceConflicting(ILogger log, string peer, string instance, string status);

    [LoggerMessage(2011, LogLevel.Warning, "{Peer}: instance {Instance} refused with {Status}: {Reason}")]
    internal static partial void InstanceRefused(ILogger log, string peer, string instance, string status, string reason);

    [LoggerMessage(2012, LogLevel.Critical, "{Peer}: instance {Instance} could not be made durable and was refused with {Status}: {Reason}")]
    internal static partial void InstanceNotDurable(ILogger log, string peer, string instance, string status, string reason, Exception exception);

    [LoggerMessage(2013, LogLevel.Critical, "The spool's disk failed {Failures} times in a row: no instance is accepted until Slideport is restarted. Check the disk.")]
    internal static partial void DiskUnhealthy(ILogger log, int failures);

    [LoggerMessage(2014, LogLevel.Information, "{Peer}: instance {Instance} broke off after {Bytes} bytes; nothing was kept.")]
    internal static partial void InstanceBrokenOff(ILogger log, string peer, string instance, long bytes);

    /// <summary>What the listener observed, at the level it deserves.</summary>
    internal static void Observed(ILogger log, AssociationEvent observed)
    {
        var peer = observed.Peer.ToString();
        switch (observed.Kind)
        {
            case AssociationEventKind.Opened or AssociationEventKind.Released:
                AssociationRan(log, peer, observed.Kind, observed.Text);
                break;
            case AssociationEventKind.MessageFailed when observed.Error is null:
                AssociationRan(log, peer, observed.Kind, observed.Text); // refused by us: the refusal has its own sentence
                break;
            default:
                AssociationFailed(log, peer, observed.Kind, observed.Text, observed.Error);
                break;
        }
    }

    [LoggerMessage(2020, LogLevel.Debug, "{Peer}: association {Kind}. {Text}")]
    private static partial void AssociationRan(ILogger log, string peer, AssociationEventKind kind, string text);

    [LoggerMessage(2021, LogLevel.Warning, "{Peer}: association {Kind}: {Text}")]
    private static partial void AssociationFailed(ILogger log, string peer, AssociationEventKind kind, string text, Exception? exception);

    [LoggerMessage(2100, LogLevel.Information, "Slide {Series} (revision {Revision}): {From} to {To}. {Reason}")]
    internal static partial void SlideStepped(ILogger log, string series, int revision, SlideState from, SlideState to, string reason);

    [LoggerMessage(2101, LogLevel.Information, "{Peer}: storage commitment {Transaction}: {Committed} committed, {Failed} failed.")]
    internal static partial void CommitmentAnswered(ILogger log, string peer, string transaction, int committed, int failed);

    [LoggerMessage(2102, LogLevel.Error, "Slide {Series} needs a person: {Reason}")]
    internal static partial void SlideNeedsAttention(ILogger log, string series, string reason);

    [LoggerMessage(2103, LogLevel.Error, "Slide {Series}: attempt failed.")]
    internal static partial void AttemptFailed(ILogger log, string series, Exception exception);

    [LoggerMessage(2104, LogLevel.Debug, "Slide {Series}: assembling ahead stopped and will be done at the end: {Reason}")]
    internal static partial void AssemblyAheadStopped(ILogger log, string series, string reason);

    [LoggerMessage(2105, LogLevel.Debug, "Instance {Instance}: nothing is made of it before it is whole: {Reason}")]
    internal static partial void InstanceNotOffered(ILogger log, string instance, string reason);

    [LoggerMessage(2110, LogLevel.Warning, "{Peer}: left before its storage commitment report {Transaction}, and Converter:CommitmentCallbacks names no address for {Title}; it has to ask again.")]
    internal static partial void ReportHasNoAddress(ILogger log, string peer, string transaction, string title);

    [LoggerMessage(2111, LogLevel.Information, "Storage commitment report {Transaction} brought to {Title} at {Address}.")]
    internal static partial void ReportBrought(ILogger log, string transaction, string title, string address);

    [LoggerMessage(2112, LogLevel.Warning, "Storage commitment report {Transaction} could not be brought to {Title}; again in {Pause}: {Reason}")]
    internal static partial void ReportNotBrought(ILogger log, string transaction, string title, TimeSpan pause, string reason);

    [LoggerMessage(2113, LogLevel.Error, "Storage commitment report {Transaction} for {Title} is dropped: {Reason}. The scanner has to ask again.")]
    internal static partial void ReportDropped(ILogger log, string transaction, string title, string reason);

    [LoggerMessage(2200, LogLevel.Information, "Slide {Series} delivered as '{Path}', {Bytes} bytes.")]
    internal static partial void SlideDelivered(ILogger log, string series, string path, long bytes);

    [LoggerMessage(2201, LogLevel.Warning, "The image store cannot take slides now: {Reason}")]
    internal static partial void StoreUnavailable(ILogger log, string reason);

    [LoggerMessage(2202, LogLevel.Warning, "'{Path}' exists with other contents; slide {Series} goes to '{Next}' instead.")]
    internal static partial void NameTaken(ILogger log, string path, string series, string next);

    [LoggerMessage(2210, LogLevel.Information, "Slide {Series} is at destination {Destination}, {Bytes} bytes.")]
    internal static partial void DestinationReached(ILogger log, string series, string destination, long bytes);

    [LoggerMessage(2211, LogLevel.Warning, "Slide {Series} waits for destination {Destination}: {Reason}")]
    internal static partial void DestinationHeldUp(ILogger log, string series, string destination, string reason);

    [LoggerMessage(2212, LogLevel.Error, "Destination {Destination} is down; one slide at a time tries whether it is back, and the others wait: {Reason}")]
    internal static partial void DestinationDown(ILogger log, string destination, string reason);

    [LoggerMessage(2213, LogLevel.Information, "Destination {Destination} takes slides again.")]
    internal static partial void DestinationBack(ILogger log, string destination);

    [LoggerMessage(2214, LogLevel.Error, "Slide {Series} needs a person to get to destination {Destination}: {Reason}")]
    internal static partial void DestinationNeedsAttention(ILogger log, string series, string destination, string reason);

    [LoggerMessage(2215, LogLevel.Warning, "Slide {Series}: {Who} decided that it need not go to destination {Destination}; it was {State}.")]
    internal static partial void DestinationWaived(ILogger log, string series, string destination, string who, DestinationState state);

    [LoggerMessage(2216, LogLevel.Error, "{Slides} slides in the spool are owed to destination {Destination}, which no setting names any more; they stay until it is named again or 'slideport spool waive' lets them go.")]
    internal static partial void DestinationUnknown(ILogger log, string destination, int slides);

    [LoggerMessage(2217, LogLevel.Information, "Slide {Series}: PACS {Destination} has taken responsibility for its {Instances} instances.")]
    internal static partial void PacsCommitted(ILogger log, string series, string destination, int instances);

    [LoggerMessage(2218, LogLevel.Information, "Slide {Series} (revision {Revision}) goes to the further destinations {Destinations}.")]
    internal static partial void DestinationsChosen(ILogger log, string series, int revision, string destinations);

    [LoggerMessage(2219, LogLevel.Critical, "Slide {Series} ({Slide}) does not wait for destination {Destination} any longer: {Reason}")]
    internal static partial void DestinationLetGo(ILogger log, string series, string slide, string destination, string reason);

    [LoggerMessage(2220, LogLevel.Warning, "Slide {Series}: {Who} asked for it to go to destination {Destination} after all; {Instances} instances were taken back into the spool.")]
    internal static partial void DestinationAskedAgain(ILogger log, string series, string destination, string who, int instances);

    [LoggerMessage(2221, LogLevel.Warning, "Slide {Slide} cannot be taken back for destination {Destination} now, and is tried again in a minute: {Reason}")]
    internal static partial void NotTakenBackNow(ILogger log, string slide, string destination, string reason);

    [LoggerMessage(2222, LogLevel.Error, "Slide {Slide} cannot be taken back for destination {Destination}: {Reason}")]
    internal static partial void NotTakenBack(ILogger log, string slide, string destination, string reason);

    [LoggerMessage(2223, LogLevel.Error, "Slide {Series}: PACS {Destination} has not said whether it takes responsibility, though it was asked {Times} times; it is asked on. Check whether its reports reach the converter's port.")]
    internal static partial void PacsSilent(ILogger log, string series, string destination, int times);

    [LoggerMessage(2224, LogLevel.Warning, "Slide {Series}: PACS {Destination}: {Remark}")]
    internal static partial void PacsRemarked(ILogger log, string series, string destination, string remark);

    [LoggerMessage(2300, LogLevel.Information, "Spool recovered: {Slides} slides, {Instances} instances; {Parts} unfinished receptions dropped, {Rebuilt} receipts rebuilt.")]
    internal static partial void SpoolRecovered(ILogger log, int slides, int instances, int parts, int rebuilt);

    [LoggerMessage(2301, LogLevel.Critical, "Spool: instance {Instance} of slide {Series} is missing or damaged ({Reason}); ask the scanner to send it again.")]
    internal static partial void SpoolDamaged(ILogger log, string instance, string series, string reason);

    [LoggerMessage(2307, LogLevel.Warning, "SECURITY: instance {Instance} came from {Scanner}, and before from {Other}: two scanners use one SOP Instance UID. Both slides are kept apart.")]
    internal static partial void UidOfTwoScanners(ILogger log, string instance, string scanner, string other);

    [LoggerMessage(2308, LogLevel.Critical, "Spool: the record '{File}' cannot be read; it is in quarantine, and the slide begins anew from its instances.")]
    internal static partial void RecordUnreadable(ILogger log, string file);

    [LoggerMessage(2306, LogLevel.Error, "Spool: '{File}' cannot be begun: {Reason}")]
    internal static partial void PartNotWritten(ILogger log, string file, string reason);

    [LoggerMessage(2402, LogLevel.Error, "What SAM says of the scanners cannot be taken whole: {Reason}")]
    internal static partial void FleetNotTaken(ILogger log, string reason);

    [LoggerMessage(EventId = 2403, Message = "Slide {Slide}: {Action} was asked for at SAM and is answered with {Result}.")]
    internal static partial void RequestAnswered(ILogger log, LogLevel level, string slide, SlideAction action, SlideResult result);

    [LoggerMessage(2303, LogLevel.Information, "Slide {Series}: a person asked to try again; it was {State}.")]
    internal static partial void RetryAsked(ILogger log, string series, SlideState state);

    [LoggerMessage(2304, LogLevel.Warning, "Spool: the request '{File}' names no slide in the spool; it is dropped.")]
    internal static partial void RequestForNothing(ILogger log, string file);

    [LoggerMessage(2305, LogLevel.Error, "Spool: the record of slide {Series} cannot be written; the slide waits: {Reason}")]
    internal static partial void RecordNotWritten(ILogger log, string series, string reason);

    [LoggerMessage(2302, LogLevel.Warning, "Spool: '{File}' was put into quarantine: {Reason}")]
    internal static partial void Quarantined(ILogger log, string file, string reason);
}
