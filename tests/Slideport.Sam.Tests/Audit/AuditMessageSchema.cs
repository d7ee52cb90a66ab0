using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;

namespace Slideport.Sam.Tests.Audit;

/// <summary>The schema of PS3.15 A.5.1, as far as a message of ours can go against it.</summary>
internal static class AuditMessageSchema
{
    private static readonly XmlSchemaSet Schema = Load();

    /// <summary>The message, which must be as the standard demands.</summary>
    public static XElement Validated(string xml)
    {
        var document = XDocument.Parse(xml);
        document.Validate(Schema, (_, problem) => Assert.Fail($"{problem.Message}\n{xml}"));
        return document.Root!;
    }

    private static XmlSchemaSet Load()
    {
        using var stream = typeof(AuditMessageSchema).Assembly.GetManifestResourceStream("audit-message.xsd")!;
        using var reader = XmlReader.Create(stream);
        var schema = new XmlSchemaSet();
        schema.Add(null, reader);
        return schema;
    }
}
