namespace Slideport.Sam.Notifications;

/// <summary>Settings of the section <c>Notifications</c>: who is told when something needs somebody.</summary>
public sealed record NotificationOptions
{
    /// <summary>Address a message is posted to (<c>https</c>); empty: none.</summary>
    public string WebhookUrl { get; init; } = "";

    /// <summary>File that holds the secret webhook messages are signed with; needed with <see cref="WebhookUrl"/>.</summary>
    public string WebhookSecretFile { get; init; } = "";

    /// <summary>Mail server, <c>host:port</c>; empty: no mail.</summary>
    public string SmtpServer { get; init; } = "";

    /// <summary>Whether the mail server must speak TLS: STARTTLS, or TLS from the beginning on port 465.</summary>
    public bool SmtpTls { get; init; } = true;

    /// <summary>Name to log in with; empty: no log-in.</summary>
    public string SmtpUser { get; init; } = "";

    /// <summary>File that holds the password.</summary>
    public string SmtpPasswordFile { get; init; } = "";

    /// <summary>Who the mail is from.</summary>
    public string From { get; init; } = "";

    /// <summary>Who it is for.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Everything wrong with the settings, a sentence each.</summary>
    internal IEnumerable<string> Validate()
    {
        if (WebhookUrl.Length > 0 && (!Uri.TryCreate(WebhookUrl, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback)))
            yield return $"Notifications:WebhookUrl '{WebhookUrl}' is no https address.";
        if (WebhookUrl.Length > 0 && !File.Exists(WebhookSecretFile))
            yield return $"Notifications:WebhookSecretFile '{WebhookSecretFile}' is not there; messages are signed with the secret in it.";
        if (SmtpServer.Length > 0 && (From.Length == 0 || To.Count == 0))
            yield return "Notifications:From and Notifications:To:0 are needed to send mail.";
        if (SmtpServer.Length > 0 && Server() is null)
            yield return $"Notifications:SmtpServer is '{SmtpServer}'; write host:port, for example mail.lab:587.";
        if (SmtpUser.Length > 0 && !File.Exists(SmtpPasswordFile))
            yield return $"Notifications:SmtpPasswordFile '{SmtpPasswordFile}' is not there.";
    }

    /// <summary>The mail server's host and port; null when it is written otherwise.</summary>
    internal (string Host, int Port)? Server()
    {
        var colon = SmtpServer.LastIndexOf(':');
        return colon > 0 && int.TryParse(SmtpServer.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
            ? (SmtpServer[..colon].Trim('[', ']'), port)
            : null;
    }
}
