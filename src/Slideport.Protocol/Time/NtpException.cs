namespace Slideport.Protocol.Time;

/// <summary>A time server answered, but with nothing a clock may be set by; the message says why.</summary>
public sealed class NtpException : Exception
{
    /// <summary>An answer that says no time.</summary>
    /// <param name="message">Why not.</param>
    /// <param name="kissCode">See <see cref="KissCode"/>.</param>
    public NtpException(string message, string? kissCode = null)
        : base(message) => KissCode = kissCode;

    /// <summary>
    /// What the server asks for with its kiss-o'-death (RFC 5905 §7.4): after <c>DENY</c> and <c>RSTR</c> it must not be asked again, after
    /// <c>RATE</c> more seldom. Null when it sent none.
    /// </summary>
    public string? KissCode { get; }
}
