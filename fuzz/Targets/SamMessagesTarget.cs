using System.Text.Json;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Events;
using Slideport.Protocol.Fleet;
using Slideport.Protocol.ImageMetadata;
using Slideport.Protocol.Pins;
using Slideport.Protocol.Sessions;
using Slideport.Protocol.Slides;
using Slideport.Protocol.Status;

namespace Slideport.Fuzz.Targets;

/// <summary>
/// The messages that a scanner or a role may send to SAM. The first byte picks one, the rest is its body. What cannot be read is a
/// JsonException and nothing else; what is found good is the same when it is written and read again.
/// </summary>
internal static class SamMessagesTarget
{
    private static readonly Type[] Messages =
    [
        typeof(ScannerStatus), typeof(ImageMetadata), typeof(EnrolmentRequest), typeof(RenewalRequest), typeof(PinEntry),
        typeof(ManifestQuestion), typeof(IReadOnlyList<SlideReport?>), typeof(ConverterHealth), typeof(EventBatch),
        typeof(SignInRequest), typeof(SessionQuestion), typeof(SessionEnd),
    ];

    /// <summary>Runs one input; throws where a promise is broken.</summary>
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        var type = Messages[data[0] % Messages.Length];
        object? message;
        try
        {
            message = JsonSerializer.Deserialize(data[1..], type, ProtocolJson.Options);
        }
        catch (JsonException)
        {
            return;
        }

        if (message is null) return;
        var errors = Wrong(message).ToArray();
        foreach (var error in errors)
            Require(error.Message.Length > 0, "an error that does not say what is wrong");
        if (errors.Length > 0) return;
        var written = JsonSerializer.SerializeToUtf8Bytes(message, type, ProtocolJson.Options);
        var again = JsonSerializer.Deserialize(written, type, ProtocolJson.Options)!;
        Require(!Wrong(again).Any(), "good before it was written, and not after");
        Require(written.AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(again, type, ProtocolJson.Options)), "written twice, and not the same");
    }

    /// <summary>One of each that is good.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        var noon = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
        object[] messages =
        [
            new ScannerStatus { State = ScannerState.Scanning, Activity = "Slide 3", Racks = 2, Hostname = "scanner-1", MacAddress = "00-1B-44-11-3A-B7", DiskTotalBytes = 10, ClockOffsetSeconds = -0.25 },
            new ImageMetadata { ImageId = "I1", SeriesInstanceUid = "1.2.3", Barcode = "S26-1", ScanTime = noon, MicronsPerPixel = 0.26, Instances = [new ImageInstance("1.2.3.1", new string('a', 64), 1000)] },
            new EnrolmentRequest("CODE", "-----BEGIN CERTIFICATE REQUEST-----", ["converter.example", "10.0.0.1", "::1"]),
            new RenewalRequest("-----BEGIN CERTIFICATE REQUEST-----"),
            new PinEntry("483920"),
            new ManifestQuestion(["1.2.3", "1.2.4"]),
            new SlideReport?[] { new() { Slide = "A1", Step = 1, Stage = SlideStage.Delivered, Since = noon, Reason = "", SeriesInstanceUid = "1.2.3", ReceivedAt = noon, Bytes = 7, Sha256 = new string('b', 64) } },
            new ConverterHealth { ImageStore = "/images", SpoolFreeBytes = 1, SpoolTotalBytes = 2, Slides = new Dictionary<SlideStage, int> { [SlideStage.Failed] = 1 }, OldestUndelivered = noon },
            new EventBatch([new ScannerEvent { Id = "e1", SerialNumber = "SS1", OccurredAt = noon, ReceivedAt = noon, Severity = EventSeverity.Error, Code = "STAGE-17", Component = "stage", Text = "It missed a step." }]),
            new SignInRequest("anna", "tall giraffes dislike rain", "10.0.0.7", "123456"),
            new SessionQuestion(new string('A', 43)),
            new SessionEnd(new string('A', 43), "::1"),
        ];
        foreach (var (number, message) in messages.Index())
            yield return [(byte)number, .. JsonSerializer.SerializeToUtf8Bytes(message, Messages[number], ProtocolJson.Options)];
    }

    private static IEnumerable<FieldError> Wrong(object message) => message switch
    {
        ScannerStatus status => status.Validate(),
        ImageMetadata image => image.Validate(),
        EnrolmentRequest request => request.Validate(),
        ManifestQuestion question => question.Validate(),
        IReadOnlyList<SlideReport?> reports => reports.SelectMany(report => report?.Validate() ?? [new FieldError("", "null")]),
        ConverterHealth health => health.Validate(),
        EventBatch batch => batch.Validate(),
        SignInRequest request => request.Validate(),
        SessionEnd end => end.Validate(),
        _ => [], // texts that are looked at where they are used
    };

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException(what);
    }
}
