using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Slides;

/// <summary>How a converter is doing: <c>POST /role/converters/NAME/health</c>, every few seconds.</summary>
public sealed record ConverterHealth
{
    /// <summary>The image file system it delivers to, as its settings name it.</summary>
    public required string ImageStore { get; init; }

    /// <summary>Why slides cannot be delivered there now, as a sentence; null when they can.</summary>
    public string? ImageStoreProblem { get; init; }

    /// <summary>Bytes left there; null when it cannot be asked.</summary>
    public long? ImageStoreFreeBytes { get; init; }

    /// <summary>Bytes it has in all; null when it cannot be asked.</summary>
    public long? ImageStoreTotalBytes { get; init; }

    /// <summary>Bytes left on the spool's disk.</summary>
    public long SpoolFreeBytes { get; init; }

    /// <summary>Bytes of the spool's disk.</summary>
    public long SpoolTotalBytes { get; init; }

    /// <summary>Slides in the spool, by stage.</summary>
    public IReadOnlyDictionary<SlideStage, int> Slides { get; init; } = new Dictionary<SlideStage, int>();

    /// <summary>When the oldest slide that is not delivered yet began to arrive; null when there is none.</summary>
    public DateTimeOffset? OldestUndelivered { get; init; }

    /// <summary>What is wrong with a converter's name.</summary>
    public static IEnumerable<FieldError> ValidateName(string name)
    {
        if (name is not { Length: > 0 and <= 64 } || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
            yield return new FieldError("name", "Write 1 to 64 letters, digits, points, hyphens and underscores.");
    }

    /// <summary>Everything wrong with it.</summary>
    public IEnumerable<FieldError> Validate()
    {
        if (!MessageText.Fits(ImageStore, 400))
            yield return new FieldError("imageStore", "Longer than 400 characters, or the character U+0000 in it.");
        if (!MessageText.Fits(ImageStoreProblem, 1000))
            yield return new FieldError("imageStoreProblem", "Longer than 1000 characters, or the character U+0000 in it.");
        if (SpoolFreeBytes < 0 || SpoolFreeBytes > SpoolTotalBytes)
            yield return new FieldError("spoolFreeBytes", "Negative, or more than the disk has.");
        if (ImageStoreFreeBytes < 0 || ImageStoreFreeBytes > ImageStoreTotalBytes)
            yield return new FieldError("imageStoreFreeBytes", "Negative, or more than the store has.");
        if (Slides.Any(s => s.Value < 0 || !Enum.IsDefined(s.Key)))
            yield return new FieldError("slides", "A count is negative.");
    }
}
