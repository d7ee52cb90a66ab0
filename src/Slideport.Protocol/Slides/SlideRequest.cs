using Slideport.Protocol.Configuration;

namespace Slideport.Protocol.Slides;

/// <summary>What a person can ask of the converter that has a slide.</summary>
public enum SlideAction
{
    /// <summary>Try again at once what waits or has failed.</summary>
    Retry,

    /// <summary>Deliver it once more.</summary>
    Resend,

    /// <summary>Read what was delivered, and compare it with the hash that was recorded.</summary>
    Verify,
}

/// <summary>What came of it.</summary>
public enum SlideResult
{
    /// <summary>It is done; of <see cref="SlideAction.Verify"/>: what lies there is what was delivered.</summary>
    Done,

    /// <summary>It cannot be done with this slide; nothing was changed.</summary>
    Refused,

    /// <summary>What lies there is not what was delivered, or nothing does.</summary>
    Differs,

    /// <summary>Something was in the way: it may be asked for again.</summary>
    Failed,
}

/// <summary>What a person asks of a converter: <c>GET /role/converters/NAME/requests</c>. It is there until it is answered, or its time is over.</summary>
/// <param name="Id">Names it in the answer.</param>
/// <param name="Action">What is to be done.</param>
/// <param name="Slide">The slide's name at the converter.</param>
/// <param name="Destination">The further destination it is about; null: the image file system.</param>
public sealed record SlideRequest(Guid Id, SlideAction Action, string Slide, string? Destination)
{
    /// <summary>Most of them in one answer; the others come when these are answered.</summary>
    public const int MaxRequests = 50;
}

/// <summary>What a converter says has come of a request: <c>POST /role/converters/NAME/requests/ID/answer</c>. The first answer counts.</summary>
/// <param name="Result">What came of it.</param>
/// <param name="Text">The same as a sentence, up to <see cref="MaxTextChars"/> characters.</param>
public sealed record SlideAnswer(SlideResult Result, string Text)
{
    /// <summary>The longest text.</summary>
    public const int MaxTextChars = 1000;

    /// <summary>Everything wrong with it.</summary>
    public IEnumerable<FieldError> Validate()
    {
        if (!Enum.IsDefined(Result))
            yield return new FieldError("result", "There is no such result.");
        if (Text.Length == 0 || !MessageText.Fits(Text, MaxTextChars))
            yield return new FieldError("text", "Empty, longer than 1000 characters, or the character U+0000 in it.");
    }
}
