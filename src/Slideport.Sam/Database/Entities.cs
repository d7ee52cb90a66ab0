using Slideport.Protocol.Slides;

namespace Slideport.Sam.Database;

/// <summary>A scanner as SAM knows it.</summary>
internal sealed class Scanner
{
    public required Guid Id { get; init; }

    /// <summary>Unique; also the name in its certificate.</summary>
    public required string SerialNumber { get; init; }

    public required string Model { get; set; }

    public required string FriendlyName { get; set; }

    public required string Location { get; set; }

    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>Set when it was taken out of service: it is let in no more, what it made stays.</summary>
    public DateTimeOffset? RetiredAt { get; set; }

    /// <summary>Version of the configuration it last said it runs.</summary>
    public long AcknowledgedVersion { get; set; }

    /// <summary>When it was last heard of; null before its first heartbeat.</summary>
    public DateTimeOffset? LastHeardAt { get; set; }

    /// <summary>Its last heartbeat, a <c>ScannerStatus</c> as JSON.</summary>
    public string? Status { get; set; }
}

/// <summary>What lets one machine in once: a one-time code, or a certificate that is being renewed.</summary>
internal sealed class Enrolment
{
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of the code's secret, or of the certificate that was shown, hexadecimal; unique.</summary>
    public required string CodeHash { get; init; }

    /// <summary>Whose certificate it is good for: <c>scanner:SERIAL</c> or <c>role:NAME</c>.</summary>
    public required string Holder { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>SHA-256 of the key it was used for: the same machine asking again gets the same answer.</summary>
    public string? KeyHash { get; set; }

    /// <summary>What it was answered with, PEM.</summary>
    public string? Certificate { get; set; }
}

/// <summary>A certificate somebody holds.</summary>
internal sealed class HeldCertificate
{
    /// <summary>SHA-256 of the certificate, hexadecimal.</summary>
    public required string Thumbprint { get; init; }

    /// <summary><c>scanner:SERIAL</c> or <c>role:NAME</c>; <c>foreign:SERIAL</c> for a scanner's certificate that another authority has issued.</summary>
    public required string Holder { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public DateTimeOffset? RevokedAt { get; set; }

    public string? RevocationReason { get; set; }
}

/// <summary>One change of the configuration, of the defaults or of one scanner's overrides. Rows are only ever added.</summary>
internal sealed class ConfigurationChange
{
    /// <summary>Version that the change made; counts over all scopes, so that a scanner's version only ever grows.</summary>
    public long Version { get; init; }

    /// <summary><c>defaults</c>, or a scanner's serial number after <c>scanner:</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>The scope's whole document after the change, JSON: only what is set in this scope.</summary>
    public required string Document { get; init; }

    public required string ChangedBy { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    public required string Reason { get; init; }
}

/// <summary>An image a scanner has told of.</summary>
internal sealed class Image
{
    public long Id { get; init; }

    public required Guid ScannerId { get; init; }

    /// <summary>The scanner's own id; unique per scanner.</summary>
    public required string ImageId { get; init; }

    public required string SeriesInstanceUid { get; init; }

    public string? Barcode { get; init; }

    public required DateTimeOffset ScanTime { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Bytes of all its instances.</summary>
    public required long Bytes { get; init; }

    /// <summary>The whole message, JSON.</summary>
    public required string Metadata { get; init; }

    /// <summary>SHA-256 of the message: the same one sent again is no conflict.</summary>
    public required string Hash { get; init; }
}

/// <summary>A slide on its way through a converter, as the converter tells it.</summary>
internal sealed class Slide
{
    public long Id { get; init; }

    /// <summary>The converter's name.</summary>
    public required string Converter { get; init; }

    /// <summary>Its name there; unique per converter.</summary>
    public required string Name { get; init; }

    public required string SeriesInstanceUid { get; init; }

    /// <summary>Null while the converter does not know the certificate it came with.</summary>
    public string? SerialNumber { get; set; }

    /// <summary>Counts its states: what has the higher number is later.</summary>
    public required long Step { get; set; }

    public int Revision { get; set; }

    public SlideStage Stage { get; set; }

    public DateTimeOffset Since { get; set; }

    /// <summary>Since when it waits, be it tried again meanwhile; null when it does not.</summary>
    public DateTimeOffset? WaitingSince { get; set; }

    public string Reason { get; set; } = "";

    public int Instances { get; set; }

    /// <summary>When its first instance came.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When SAM last heard something new of it.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The file location it goes to; null: the converter's own image store.</summary>
    public string? Location { get; set; }

    /// <summary>Name there.</summary>
    public string? Path { get; set; }

    public long? Bytes { get; set; }

    /// <summary>Of the delivered file, hexadecimal.</summary>
    public string? Sha256 { get; set; }

    /// <summary>Number of its last change: what changed later, on whichever node, has a higher one.</summary>
    public long Change { get; set; }
}

/// <summary>What somebody has asked of the converter that has a slide, and what came of it.</summary>
internal sealed class AskedOfSlide
{
    public required Guid Id { get; init; }

    /// <summary>The converter's name.</summary>
    public required string Converter { get; init; }

    /// <summary>The slide's name there.</summary>
    public required string Slide { get; init; }

    public required string SeriesInstanceUid { get; init; }

    public required SlideAction Action { get; init; }

    /// <summary>The further destination it is about; null: the image file system.</summary>
    public required string? Destination { get; init; }

    /// <summary>Who asked, as the audit trail names him.</summary>
    public required string AskedBy { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Then no converter gets it any more.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Null while the converter has not answered.</summary>
    public DateTimeOffset? AnsweredAt { get; set; }

    public SlideResult? Result { get; set; }

    /// <summary>What came of it, as a sentence.</summary>
    public string? Answer { get; set; }
}

/// <summary>What one scanner did in one hour.</summary>
internal sealed class ScannerHour
{
    public required Guid ScannerId { get; init; }

    /// <summary>Its beginning.</summary>
    public required DateTimeOffset Hour { get; init; }

    /// <summary>Counts the changes of this row: two nodes that add at once do not lose each other's.</summary>
    public long Changes { get; set; }

    public int Images { get; set; }

    public long Bytes { get; set; }

    public double ScanSeconds { get; set; }

    public double LongestScanSeconds { get; set; }

    /// <summary>How often it went into its error state.</summary>
    public int Errors { get; set; }

    /// <summary>Events of it that SAM was told of.</summary>
    public int Events { get; set; }

    /// <summary>Those among them that need somebody.</summary>
    public int CriticalEvents { get; set; }

    /// <summary>Seconds its heartbeats cover.</summary>
    public double OnlineSeconds { get; set; }

    public double? ClockOffsetMin { get; set; }

    public double? ClockOffsetMax { get; set; }

    public double? ClockOffsetLast { get; set; }
}

/// <summary>Something that needs, or needed, somebody.</summary>
internal sealed class Alert
{
    public long Id { get; init; }

    public required string Kind { get; init; }

    public required string Subject { get; init; }

    /// <summary>A sentence a person can act on, as it last was.</summary>
    public required string Text { get; set; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>How often it came back before it was over, the first time included.</summary>
    public required int Count { get; set; }

    /// <summary>Since when it is not seen; it is over when that has lasted.</summary>
    public DateTimeOffset? AbsentSince { get; set; }

    /// <summary>Null while it is open.</summary>
    public DateTimeOffset? ClearedAt { get; set; }

    /// <summary>A message has said that it began.</summary>
    public bool IsTold { get; set; }

    public DateTimeOffset? MutedUntil { get; set; }
}

/// <summary>A message about an alert on its way to whoever is to be told.</summary>
internal sealed class Notification
{
    public long Id { get; init; }

    /// <summary><c>webhook</c> or <c>mail</c>.</summary>
    public required string Channel { get; init; }

    /// <summary>The same whenever it is sent.</summary>
    public required Guid Key { get; init; }

    public required string Body { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public int Attempts { get; set; }

    public DateTimeOffset NotBefore { get; set; }

    public string? LastError { get; set; }
}

/// <summary>A message on its way to the DSR (flow F8).</summary>
internal sealed class OutboxMessage
{
    /// <summary>Order of arrival.</summary>
    public long Id { get; init; }

    /// <summary>Messages of one subject leave in their order: <c>scanner/imageId</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The same whenever it is sent: the DSR takes it once.</summary>
    public required Guid IdempotencyKey { get; init; }

    public required string Body { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public int Attempts { get; set; }

    public DateTimeOffset NotBefore { get; set; }

    public string? LastError { get; set; }

    /// <summary>When it was given up: the DSR said that it will never take it. Somebody can send it again.</summary>
    public DateTimeOffset? DeadAt { get; set; }
}

/// <summary>One line of the audit trail. Rows are only ever added.</summary>
internal sealed class AuditEntry
{
    /// <summary>1, 2, 3 … without a gap.</summary>
    public required long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who: <c>user:NAME</c>, <c>scanner:SERIAL</c>, <c>role:NAME</c>, <c>system</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>From where: an address, or empty.</summary>
    public required string Source { get; init; }

    /// <summary>What: <c>configuration.change</c>, <c>scanner.add</c> …</summary>
    public required string Action { get; init; }

    /// <summary>On what.</summary>
    public required string Object { get; init; }

    /// <summary><c>success</c> or <c>failure</c>.</summary>
    public required string Outcome { get; init; }

    public string? Before { get; init; }

    public string? After { get; init; }

    /// <summary>Hash of the entry before; 64 zeros for the first.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>SHA-256 over all of the above.</summary>
    public required string Hash { get; init; }
}

/// <summary>Who does what only one of the SAMs on a database does; see <see cref="Nodes.Lease"/>.</summary>
internal sealed class LeaseRow
{
    public required string Name { get; init; }

    /// <summary>The SAM that has it; empty: nobody.</summary>
    public required string Holder { get; set; }

    /// <summary>Counts how often it was taken and renewed: while this moves, its holder is there.</summary>
    public required long Renewals { get; set; }

    /// <summary>How far the audit repository has got, signed: whoever takes over goes on there.</summary>
    public string? AuditSent { get; set; }
}

/// <summary>An opening of a slide that is in the audit trail, so that it comes there once.</summary>
internal sealed class ToldOpening
{
    public required string Teller { get; init; }

    /// <summary>The teller's own name for it.</summary>
    public required string OpeningId { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>What is wrong with the machine of one of the SAMs, for the one that tells.</summary>
internal sealed class NodeReport
{
    public required string Node { get; init; }

    public required DateTimeOffset At { get; set; }

    /// <summary>It was stopped in order, and is missed by nobody.</summary>
    public bool IsStopped { get; set; }

    /// <summary>JSON, an array.</summary>
    public required string Problems { get; set; }
}

/// <summary>What a converter last said of itself, for the SAMs it did not say it to.</summary>
internal sealed class ConverterReport
{
    public required string Converter { get; init; }

    public required DateTimeOffset At { get; set; }

    /// <summary>The whole message, JSON.</summary>
    public required string Health { get; set; }
}
