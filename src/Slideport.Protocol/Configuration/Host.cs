using System.Net;

namespace Slideport.Protocol.Configuration;

/// <summary>Host names and addresses as people type them.</summary>
internal static class Host
{
    /// <summary>Whether text can be a DNS name (RFC 1123 2.1; underscores, which Windows hosts have, included) or an IP address.</summary>
    internal static bool IsValid(string text) => IPAddress.TryParse(text, out _)
        || (text.Length <= 253 && text.Split('.').All(label => label.Length is > 0 and <= 63
            && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')));
}
