using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slideport.Converter.Spool;

/// <summary>The state of one slide with its manifest: <c>slide.json</c>, replaced durably at each step. Immutable; a step makes a new one.</summary>
internal sealed record SlideRecord
{
    internal const string FileName = "slide.json";

    /// <summary>
    /// Grows when a record means something an older Slideport would misunderstand: 2, that a manifest may name a location; 3, that further
    /// destinations may need the slide, which must not be purged before; 4, that one may have been let go of.
    /// </summary>
    internal const int CurrentSchema = 4;

    // Enough to see how a slide came to be where it is; a scanner that sends for ever must not grow the file for ever.
    private const int MaxHistory = 100;

    public int Schema { get; init; } = CurrentSchema;
    public required string Scanner { get; init; }
    public required string StudyInstanceUid { get; init; }
    public required string SeriesInstanceUid { get; init; }

    /// <summary>1, and one more each time instances came after a delivery.</summary>
    public int Revision { get; init; } = 1;

    public required SlideState State { get; init; }
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why it is in this state, as a sentence a person can act on.</summary>
    public required string Reason { get; init; }

    /// <summary>How many steps it has taken: what has the higher number is later, whatever the clock did.</summary>
    public long Steps { get; init; }

    /// <summary>Attempts that failed without a reason outside the slide; three make it <see cref="SlideState.Failed"/>.</summary>
    public int Strikes { get; init; }

    /// <summary>How often the surroundings (store offline, disk full) stopped it in a row: sets the back-off.</summary>
    public int Setbacks { get; init; }

    /// <summary>The last sender released its association: it has nothing more to say. False while or after one is open or broke off.</summary>
    public bool SenderFinished { get; init; }

    /// <summary>A Storage Commitment request named exactly what is here: complete without waiting.</summary>
    public bool Committed { get; init; }

    /// <summary>A person has allowed it a numbered name where its plain one is taken.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>No attempt before this time.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>What was or is being delivered, and from which instances; null before the first completion.</summary>
    public Manifest? Manifest { get; init; }

    /// <summary>
    /// The further destinations that the rules chose when the slide was verified, or whole and its image file system in the way, and how far each is;
    /// empty before, and where there are none.
    /// </summary>
    public IReadOnlyList<SlideDestination> Destinations
    {
        get => field ?? []; // the generated reader (10.0) gives what an older record lacks its type's default
        init;
    }

    /// <summary>Whether the rules were asked which destinations this revision has: they are asked once, and nothing but a person takes one away then, or adds one.</summary>
    public bool AreDestinationsDecided { get; init; }

    /// <summary>What the further destinations have been given of this revision before its image file system has it; null: what <see cref="Manifest"/> names.</summary>
    public IReadOnlyList<ManifestInstance>? Whole { get; init; }

    /// <summary>Manifests of earlier revisions, oldest first.</summary>
    public IReadOnlyList<Manifest> Earlier { get; init; } = [];

    /// <summary>Instances that came with other bytes under a known UID; they lie in <c>conflict/</c>.</summary>
    public IReadOnlyList<ConflictingInstance> Conflicts { get; init; } = [];

    /// <summary>Instances that were acknowledged and are damaged or gone: without them the slide is never taken as whole.</summary>
    public IReadOnlyList<string> Lost { get; init; } = [];

    public IReadOnlyList<Transition> History { get; init; } = [];

    [JsonIgnore]
    internal SlideKey Key => new(Scanner, StudyInstanceUid, SeriesInstanceUid);

    /// <summary>The name of the output's hidden part in the image store; a retry of the same revision takes the same.</summary>
    [JsonIgnore]
    internal string DeliveryKey => Revision == 1 ? Key.Name : $"{Key.Name}r{Revision}";

    /// <summary><c>{ImageId}</c> of a file name: enough of the slide's name to tell it from all others.</summary>
    [JsonIgnore]
    internal string ImageId => Key.Name[..10];

    /// <summary>Whether further destinations may have it: all of it is there, and the rules were asked.</summary>
    [JsonIgnore]
    internal bool IsForDestinations => State == SlideState.Verified
        || (Whole is not null && State is SlideState.Waiting or SlideState.Complete or SlideState.Converting or SlideState.Delivering or SlideState.Delivered or SlideState.Failed);

    internal static SlideRecord New(SlideKey key, DateTimeOffset now, string reason) => new()
    {
        Scanner = key.Scanner,
        StudyInstanceUid = key.StudyInstanceUid,
        SeriesInstanceUid = key.SeriesInstanceUid,
        State = SlideState.Receiving,
        Since = now,
        Reason = reason,
        History = [new Transition(SlideState.Receiving, now, reason)],
    };

    /// <summary>The record after a step.</summary>
    /// <exception cref="System.Diagnostics.UnreachableException">The table has no such step: a bug.</exception>
    internal SlideRecord Step(SlideState to, DateTimeOffset now, string reason)
    {
        if (!to.CanFollow(State))
            throw new System.Diagnostics.UnreachableException($"A slide cannot go from {State} to {to}; please report this.");
        Transition[] history = [.. History, new Transition(to, now, reason)];
        return this with { State = to, Since = now, Reason = reason, Steps = Steps + 1, History = history.Length <= MaxHistory ? history : [history[0], .. history[^(MaxHistory - 1)..]] };
    }

    /// <summary>What this revision is delivered as, destinations included.</summary>
    internal IEnumerable<Manifest> Manifests() => Destinations.Select(d => d.Manifest).Prepend(Manifest).OfType<Manifest>();

    /// <summary>The record with one destination changed; itself where there is none of that name.</summary>
    internal SlideRecord With(string destination, Func<SlideDestination, SlideDestination> change) =>
        this with { Destinations = [.. Destinations.Select(d => d.IsNamed(destination) ? change(d) : d)] };

    /// <summary>The record with the destinations that the rules chose; what it is to go to already stays, as far as it is.</summary>
    internal SlideRecord Decided(IReadOnlyList<SlideDestination> chosen) => AreDestinationsDecided ? this : this with
    {
        Destinations = [.. Destinations, .. chosen.Where(c => !Destinations.Any(d => d.IsNamed(c.Name)))],
        AreDestinationsDecided = true,
    };

    /// <summary>The record as it is kept for good: without what only its destinations' lanes needed, and without pseudonyms, which must not outlive the slide beside its identity.</summary>
    internal SlideRecord ForGood()
    {
        static Manifest? Nameless(Manifest? m) => m is { IsPseudonymous: true } ? m with { Path = "", Name = "" } : m;
        return this with
        {
            Whole = null,
            Destinations = [.. Destinations.Select(d => d with { Manifest = Nameless(d.Manifest), Sent = null, Transaction = null, EarlierTransactions = null })],
            Earlier = [.. Earlier.Select(m => Nameless(m)!)],
        };
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this with { Schema = CurrentSchema }, SpoolJson.Default.SlideRecord);

    /// <summary>The schema of a record that may not be readable otherwise; 0 when it is none.</summary>
    internal static int SchemaOf(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("schema", out var schema) && schema.TryGetInt32(out var number) ? number : 0;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException or InvalidOperationException)
        {
            return 0;
        }
    }

    /// <summary>Reads a record; null when it is missing or not readable.</summary>
    internal static SlideRecord? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SpoolJson.Default.SlideRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>One step of a slide.</summary>
internal sealed record Transition(SlideState State, DateTimeOffset At, string Reason);

/// <summary>A second instance of a known UID with other bytes.</summary>
internal sealed record ConflictingInstance(string SopInstanceUid, string Sha256, string File, DateTimeOffset At);

/// <summary>What one delivery is made of and where it goes.</summary>
internal sealed record Manifest
{
    /// <summary>The instances, ordered by UID.</summary>
    public required IReadOnlyList<ManifestInstance> Instances { get; init; }

    /// <summary>The file location it goes to, as SAM named it; null: the converter's own image store.</summary>
    public string? Location { get; init; }

    /// <summary>Name in the image store, reserved before the first byte is published there; a retry reuses it.</summary>
    public required string Path { get; init; }

    /// <summary>The name the template gave, without number and extension.</summary>
    public required string Name { get; init; }

    /// <summary>What stands behind the name: <c>.svs</c>, or nothing for a folder.</summary>
    public string Extension { get; init; } = "";

    /// <summary>Its number: 1 for the plain name, more where others had taken it.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>SHA-256 of the delivered file, read back before it was published; for a folder, of its instances' hashes in order.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Bytes of the delivered file or files.</summary>
    public long? Bytes { get; init; }

    /// <summary>Whether the folder holds the instances as they came: the spool can have them back from there.</summary>
    public bool IsAsReceived { get; init; }

    /// <summary>Whether the name is made of pseudonyms: it stands beside the slide's identity nowhere but here, while the spool has the slide itself.</summary>
    public bool IsPseudonymous { get; init; }

    /// <summary>What it is called in a sentence, which logs and SAM keep.</summary>
    [JsonIgnore]
    internal string Called => IsPseudonymous ? "its de-identified copy" : $"'{Path}'";

    /// <summary>What was noticed in conversion: patches, warnings, levels left out.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>One instance of a manifest.</summary>
/// <param name="SopInstanceUid">SOP instance.</param>
/// <param name="Sha256">SHA-256 of its data set.</param>
/// <param name="DataSetBytes">Length of its data set.</param>
/// <param name="SopClassUid">SOP class; null in records written before it was kept.</param>
internal sealed record ManifestInstance(string SopInstanceUid, string Sha256, long DataSetBytes, string? SopClassUid = null)
{
    internal static ManifestInstance Of(Receipt receipt) => new(receipt.SopInstanceUid, receipt.Sha256, receipt.DataSetBytes, receipt.SopClassUid);
}
