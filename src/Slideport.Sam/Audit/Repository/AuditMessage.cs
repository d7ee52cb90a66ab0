using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Xml;
using Slideport.Http.Export;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit.Repository;

/// <summary>An entry of the audit trail as a DICOM audit message (PS3.15 A.5.1), one line of XML.</summary>
/// <remarks>Values before and after go along in base64, cut where the message would outgrow what every repository takes; the entry's hash
/// goes along too, so that what a repository holds can be compared with the trail.</remarks>
internal static class AuditMessage
{
    // PS3.15 A.6: every repository takes 32,768 bytes. Two values of 8 KiB in base64 and everything else at its longest stay below.
    private const int MaxValueBytes = 6 << 10;

    private static readonly AuditCode UserId = new("11", "RFC-3881", "User Identifier");
    private static readonly AuditCode Uri = new("12", "RFC-3881", "URI");
    private static readonly AuditCode NodeId = AuditCode.Dicom("110182", "Node ID");
    private static readonly AuditCode StudyInstanceUid = AuditCode.Dicom("110180", "Study Instance UID");
    private static readonly AuditCode SlideName = AuditCode.Own("slide", "Slide");
    private static readonly AuditCode TrailEntry = AuditCode.Own("audit-entry", "Entry of the audit trail");
    private static readonly AuditCode Application = AuditCode.Dicom("110150", "Application");
    private static readonly AuditCode ApplicationLauncher = AuditCode.Dicom("110151", "Application Launcher");

    private static readonly XmlWriterSettings Settings = new() { Encoding = new UTF8Encoding(false), OmitXmlDeclaration = false, NewLineHandling = NewLineHandling.Entitize };

    /// <summary>This machine, as AuditSourceID and as the application that tells.</summary>
    internal static string Source { get; } = $"slideport@{Dns.GetHostName()}";

    internal static void Write(ArrayBufferWriter<byte> bytes, AuditEntry entry)
    {
        using var text = new MemoryStream(4096);
        using (var xml = XmlWriter.Create(text, Settings))
            Write(xml, entry, AuditEvents.Of(entry.Action));
        bytes.Write(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    private static void Write(XmlWriter xml, AuditEntry entry, AuditEvent kind)
    {
        xml.WriteStartElement("AuditMessage");
        WriteEvent(xml, entry, kind);
        WriteParticipants(xml, entry, kind);
        xml.WriteStartElement("AuditSourceIdentification");
        xml.WriteAttributeString("AuditSourceID", Source);
        xml.WriteStartElement("AuditSourceTypeCode");
        xml.WriteAttributeString("csd-code", "4"); // application server process
        xml.WriteEndElement();
        xml.WriteEndElement();
        if (entry.Object.Length > 0)
            WriteObject(xml, entry, kind);
        WriteTrailEntry(xml, entry);
        xml.WriteEndElement();
    }

    private static void WriteEvent(XmlWriter xml, AuditEntry entry, AuditEvent kind)
    {
        xml.WriteStartElement("EventIdentification");
        xml.WriteAttributeString("EventActionCode", kind.ActionCode.ToString());
        xml.WriteAttributeString("EventDateTime", AuditExport.Instant(entry.At));
        xml.WriteAttributeString("EventOutcomeIndicator", Outcome(entry));
        WriteCode(xml, "EventID", kind.Id);
        if (kind.Type is not null)
            WriteCode(xml, "EventTypeCode", kind.Type);
        WriteCode(xml, "EventTypeCode", AuditCode.Own(Token(entry.Action), Token(entry.Action)));
        xml.WriteEndElement();
    }

    // 0 success, 4 minor failure, 8 serious failure.
    private static string Outcome(AuditEntry entry) => entry.Outcome == "success" ? "0" : entry.Action == TrailHeads.BrokenAction ? "8" : "4";

    private static void WriteParticipants(XmlWriter xml, AuditEntry entry, AuditEvent kind)
    {
        xml.WriteStartElement("ActiveParticipant");
        xml.WriteAttributeString("UserID", OneLine.Of(entry.Actor));
        if (entry.Actor.StartsWith("user:", StringComparison.Ordinal))
            xml.WriteAttributeString("UserName", OneLine.Of(entry.Actor["user:".Length..]));
        xml.WriteAttributeString("UserIsRequestor", "true");
        if (entry.Source.Length > 0)
        {
            xml.WriteAttributeString("NetworkAccessPointID", Token(entry.Source));
            xml.WriteAttributeString("NetworkAccessPointTypeCode", IPAddress.TryParse(entry.Source, out _) ? "2" : "1");
        }

        if (kind.Action is "system.start" or "system.stop")
            WriteCode(xml, "RoleIDCode", ApplicationLauncher);
        xml.WriteEndElement();
        xml.WriteStartElement("ActiveParticipant");
        xml.WriteAttributeString("UserID", Source);
        xml.WriteAttributeString("UserIsRequestor", "false");
        WriteCode(xml, "RoleIDCode", Application);
        xml.WriteEndElement();
    }

    private static void WriteObject(XmlWriter xml, AuditEntry entry, AuditEvent kind)
    {
        var isStudy = entry.Object.Length <= 64 && entry.Object.All(c => char.IsAsciiDigit(c) || c == '.');
        var (id, idType, type, role) = kind.Object switch
        {
            AuditObject.User => (entry.Object, UserId, "1", "11"),
            AuditObject.Node => (entry.Object, NodeId, "2", "13"),
            AuditObject.Trail => ("urn:slideport:audit-trail", Uri, "2", "13"),
            AuditObject.Slide => (entry.Object, isStudy ? StudyInstanceUid : SlideName, "2", "3"),
            _ => ($"urn:slideport:{System.Uri.EscapeDataString(entry.Object)}", Uri, "2", "13"),
        };
        xml.WriteStartElement("ParticipantObjectIdentification");
        xml.WriteAttributeString("ParticipantObjectID", Token(id));
        xml.WriteAttributeString("ParticipantObjectTypeCode", type);
        xml.WriteAttributeString("ParticipantObjectTypeCodeRole", role);
        WriteCode(xml, "ParticipantObjectIDTypeCode", idType);
        // A.5.3.2 wants this name for the trail.
        xml.WriteElementString("ParticipantObjectName", kind.Id == AuditEvents.AuditLogUsed ? "Security Audit Log" : Token(entry.Object));
        if (kind.Id == AuditEvents.SecurityAlert)
            WriteDetail(xml, "Alert Description", $"{entry.Action} {entry.Object}: {entry.Outcome}");
        WriteValue(xml, "Before", entry.Before);
        WriteValue(xml, "After", entry.After);
        xml.WriteEndElement();
    }

    private static void WriteTrailEntry(XmlWriter xml, AuditEntry entry)
    {
        var number = entry.Sequence.ToString(CultureInfo.InvariantCulture);
        xml.WriteStartElement("ParticipantObjectIdentification");
        xml.WriteAttributeString("ParticipantObjectID", number);
        xml.WriteAttributeString("ParticipantObjectTypeCode", "2");
        xml.WriteAttributeString("ParticipantObjectTypeCodeRole", "13");
        WriteCode(xml, "ParticipantObjectIDTypeCode", TrailEntry);
        xml.WriteElementString("ParticipantObjectName", $"Entry {number}");
        WriteDetail(xml, "Hash", entry.Hash);
        WriteDetail(xml, "PreviousHash", entry.PreviousHash);
        xml.WriteEndElement();
    }

    private static void WriteValue(XmlWriter xml, string type, string? value)
    {
        if (value is null)
            return;
        WriteDetail(xml, type, value);
        if (Encoding.UTF8.GetByteCount(value) is > MaxValueBytes and var length)
            WriteDetail(xml, type + " is cut; its bytes are", length.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteDetail(XmlWriter xml, string type, string value)
    {
        xml.WriteStartElement("ParticipantObjectDetail");
        xml.WriteAttributeString("type", type);
        var bytes = Encoding.UTF8.GetBytes(value);
        xml.WriteAttributeString("value", Convert.ToBase64String(bytes.AsSpan(0, Math.Min(bytes.Length, MaxValueBytes))));
        xml.WriteEndElement();
    }

    // The schema's tokens have no spaces at their ends and none together; codes are not empty.
    private static string Token(string text) => string.Join(' ', OneLine.Of(text).Split(' ', StringSplitOptions.RemoveEmptyEntries)) is { Length: > 0 } token ? token : "-";

    private static void WriteCode(XmlWriter xml, string element, AuditCode code)
    {
        xml.WriteStartElement(element);
        xml.WriteAttributeString("csd-code", code.Value);
        xml.WriteAttributeString("codeSystemName", code.System);
        xml.WriteAttributeString("originalText", code.Meaning);
        xml.WriteEndElement();
    }
}
