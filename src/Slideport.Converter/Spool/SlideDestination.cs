using System.Text.Json.Serialization;

namespace Slideport.Converter.Spool;

/// <summary>How far a slide is on its way to a further destination.</summary>
internal enum DestinationState
{
    /// <summary>Not there yet; the reason says what it waits for.</summary>
    Waiting,

    /// <summary>Its output is made, and about to be published or sent; after a crash what may have arrived is looked at first.</summary>
    Delivering,

    /// <summary>It is there; the proof is still to come.</summary>
    Delivered,

    /// <summary>It was read back and is what was sent, or the destination has taken responsibility for it.</summary>
    Verified,

    /// <summary>It cannot go there as configured, or three attempts failed: a person decides.</summary>
    Failed,

    /// <summary>A person has decided that it need not go there.</summary>
    Waived,

    /// <summary>It waited too long: the spool needed the room for scanners. A person may ask for it again, as the reason says.</summary>
    LetGo,
}

/// <summary>One destination of a slide, as its record keeps it. Immutable.</summary>
internal sealed record SlideDestination
{
    /// <summary>The destination's name in the settings.</summary>
    public required string Name { get; init; }

    public required DestinationState State { get; init; }
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why it is in this state, as a sentence a person can act on.</summary>
    public required string Reason { get; init; }

    /// <summary>Attempts that failed without a known reason; three make it <see cref="DestinationState.Failed"/>.</summary>
    public int Strikes { get; init; }

    /// <summary>How often the surroundings stopped it in a row: sets the back-off.</summary>
    public int Setbacks { get; init; }

    /// <summary>No attempt before this time.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>What is delivered there, and under which name; null before the first attempt has come that far.</summary>
    public Manifest? Manifest { get; init; }

    /// <summary>What a PACS has acknowledged and is asked to take responsibility for; null before, and for image stores.</summary>
    public IReadOnlyList<SentInstance>? Sent { get; init; }

    /// <summary>The storage commitment transaction it was asked under last: its report may come on another association.</summary>
    public string? Transaction { get; init; }

    /// <summary>Transactions it was asked under before for the same instances: a report that comes so late counts as well, when it names all.</summary>
    public IReadOnlyList<string>? EarlierTransactions { get; init; }

    /// <summary>How often a PACS was asked and has not said anything.</summary>
    public int Asked { get; init; }

    /// <summary>Whether instances may have reached a PACS in an earlier attempt: then it may have them already.</summary>
    public bool MayBeThere { get; init; }

    /// <summary>What a PACS remarked on instances that it stored; null when nothing.</summary>
    public string? Remark { get; init; }

    /// <summary>Whether the spool need not keep the slide for it any more.</summary>
    [JsonIgnore]
    internal bool IsSettled => State is DestinationState.Verified or DestinationState.Waived or DestinationState.LetGo;

    /// <summary>Whether somebody must do something before it goes on.</summary>
    [JsonIgnore]
    internal bool IsStuck => State == DestinationState.Failed;

    internal static SlideDestination New(string name, DateTimeOffset now, string reason) => new() { Name = name, State = DestinationState.Waiting, Since = now, Reason = reason };

    /// <summary>Whether a PACS was asked under a transaction.</summary>
    internal bool WasAskedUnder(string transaction) => Transaction == transaction || EarlierTransactions?.Contains(transaction) == true;

    /// <summary>Whether what goes there has pseudonyms instead of identifiers: no sentence names them.</summary>
    public bool IsPseudonymous { get; init; }

    /// <summary>Whether it is the one of a name; settings do not tell upper and lower case apart.</summary>
    internal bool IsNamed(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    internal SlideDestination Step(DestinationState to, DateTimeOffset now, string reason) => this with { State = to, Since = now, Reason = reason };
}

/// <summary>One instance that a PACS has acknowledged.</summary>
internal sealed record SentInstance(string SopClassUid, string SopInstanceUid);
