using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit.Repository;

/// <summary>An entry of the audit trail as a syslog message (RFC 5424), framed for TLS (RFC 5425): its length, a space, the message.</summary>
internal static class SyslogMessage
{
    // Facility 10, security (PS3.15 A.6), times 8; severity 5, normal but significant, or 4, a warning.
    private const int Notice = (10 * 8) + 5;
    private const int Warning = (10 * 8) + 4;

    private static readonly string Host = Printable(Dns.GetHostName());

    internal static void Write(ArrayBufferWriter<byte> bytes, AuditEntry entry)
    {
        var message = new ArrayBufferWriter<byte>(4096);
        var priority = entry.Outcome == "success" ? Notice : Warning;
        Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"<{priority}>1 {AuditExport.Instant(entry.At)} {Host} slideport {Environment.ProcessId} DICOM+RFC3881 - "), message);
        message.Write("\uFEFF"u8); // RFC 5424 6.4: what follows is UTF-8
        AuditMessage.Write(message, entry);
        Encoding.ASCII.GetBytes(message.WrittenCount.ToString(CultureInfo.InvariantCulture) + " ", bytes);
        bytes.Write(message.WrittenSpan);
    }

    private static string Printable(string name) => name.Length is > 0 and <= 255 && name.All(c => c is > ' ' and <= '~') ? name : "-";
}
