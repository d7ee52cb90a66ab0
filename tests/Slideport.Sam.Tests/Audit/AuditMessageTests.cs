using System.Buffers;
using System.Text;
using System.Xml.Linq;
using CsCheck;
using Slideport.Sam.Audit.Repository;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests.Audit;

public sealed class AuditMessageTests
{
    private const string Nasty = "\r\n\u001B\0<\"&\uD800\uDC00\u2028é中= ";

    // Clause A.5.3 of PS3.15: event, its type where it has one, action code.
    [Theory]
    [InlineData("system.start", "110100", "110120", "E")]
    [InlineData("system.stop", "110100", "110121", "E")]
    [InlineData("audit.export", "110101", null, "R")]
    [InlineData("audit.verify", "110101", null, "R")]
    [InlineData("audit.broken", "110113", "110135", "E")]
    [InlineData("user.login", "110114", "110122", "E")]
    [InlineData("user.logout", "110114", "110123", "E")]
    [InlineData("pin.use", "110114", "110122", "E")]
    [InlineData("user.add", "110113", "110137", "E")]
    [InlineData("pin.change", "110113", "110137", "E")]
    [InlineData("enrolment.invite", "110113", "110129", "E")]
    [InlineData("enrolment.enrol", "110113", "110126", "E")]
    [InlineData("certificate.revoke", "110113", "110129", "E")]
    [InlineData("scanner.retire", "110113", "110128", "E")]
    [InlineData("configuration.change", "110113", "110131", "E")]
    [InlineData("slide.open", "110103", null, "R")]
    [InlineData("slide.resend", "110100", null, "E")]
    [InlineData("nobody.thought.of.it", "110100", null, "E")]
    public void Each_action_is_an_event_of_the_standard(string action, string id, string? type, string code)
    {
        var message = Message(Entry(action));

        var told = message.Element("EventIdentification")!;
        Assert.Equal((id, code), ((string)told.Element("EventID")!.Attribute("csd-code")!, (string)told.Attribute("EventActionCode")!));
        Assert.Equal(type is null ? [action] : [type, action], told.Elements("EventTypeCode").Select(t => (string)t.Attribute("csd-code")!));
    }

    [Fact]
    public void A_message_says_who_from_where_on_what_with_values_and_hashes()
    {
        var message = Message(Entry("configuration.change") with { Actor = "user:mary", Source = "10.1.2.3", Object = "scanner:SS1", Before = "old", After = "new" });

        var (who, us) = (message.Elements("ActiveParticipant").First(), message.Elements("ActiveParticipant").Last());
        Assert.Equal(("user:mary", "mary", "true", "10.1.2.3", "2"), (Of(who, "UserID"), Of(who, "UserName"), Of(who, "UserIsRequestor"), Of(who, "NetworkAccessPointID"), Of(who, "NetworkAccessPointTypeCode")));
        Assert.Equal("false", Of(us, "UserIsRequestor"));
        var (what, entry) = (message.Elements("ParticipantObjectIdentification").First(), message.Elements("ParticipantObjectIdentification").Last());
        Assert.Equal("scanner:SS1", (string)what.Element("ParticipantObjectName")!);
        Assert.Equal(("old", "new"), (Detail(what, "Before"), Detail(what, "After")));
        Assert.Equal(("7", new string('a', 64)), (Of(entry, "ParticipantObjectID"), Detail(entry, "Hash")));
        Assert.Equal("configuration.change scanner:SS1: success", Detail(what, "Alert Description"));
    }

    [Theory]
    [InlineData("user.login", "success", "0")]
    [InlineData("user.login", "failure", "4")]
    [InlineData("audit.broken", "failure", "8")]
    public void The_outcome_is_told_in_the_standards_numbers(string action, string outcome, string expected) =>
        Assert.Equal(expected, Of(Message(Entry(action) with { Outcome = outcome }).Element("EventIdentification")!, "EventOutcomeIndicator"));

    [Fact]
    public void A_slide_known_by_its_study_is_named_as_the_standard_names_studies()
    {
        var study = Message(Entry("slide.open") with { Object = "1.2.840.1" }).Elements("ParticipantObjectIdentification").First();
        var other = Message(Entry("slide.open") with { Object = "S26-1.svs" }).Elements("ParticipantObjectIdentification").First();

        Assert.Equal("110180", Of(study.Element("ParticipantObjectIDTypeCode")!, "csd-code"));
        Assert.Equal("slide", Of(other.Element("ParticipantObjectIDTypeCode")!, "csd-code"));
    }

    [Fact]
    public void Whatever_an_entry_holds_its_message_is_valid_one_line_and_small_enough_for_every_repository()
    {
        var text = Gen.OneOf(Gen.String[Gen.Char, 0, 400], Gen.String[Gen.Int[0, Nasty.Length - 1].Select(i => Nasty[i]), 0, 400]);
        var value = Gen.OneOf(text, Gen.Int[0, 100_000].Select(length => new string('中', length)));
        var action = Gen.OneOf(Gen.Int[0, AuditEvents.Table.Count - 1].Select(i => AuditEvents.Table[i].Action), text.Where(t => t.Length > 0));

        Gen.Select(text, text, action, text, value, value).Sample((actor, source, what, target, before, after) =>
        {
            var frame = Frame(Entry(what) with { Actor = actor, Source = source, Object = target, Before = before, After = after });
            var header = frame[..frame.IndexOf('\uFEFF', StringComparison.Ordinal)];
            var xml = frame[(header.Length + 1)..];
            Assert.DoesNotContain(frame, c => char.IsControl(c) || c is '\u2028' or '\u2029');
            AuditMessageSchema.Validated(xml);
            Assert.InRange(Encoding.UTF8.GetByteCount(frame), 1, 32768);
        }, iter: 300);
    }

    [Fact]
    public void The_syslog_header_is_that_of_RFC_5424_with_the_priority_and_name_of_PS3_15()
    {
        Assert.Matches(@"^[1-9]\d* <85>1 2026-03-01T08:00:00\.123456Z [!-~]+ slideport \d+ DICOM\+RFC3881 - \uFEFF<\?xml", Frame(Entry("user.login")));
        Assert.Matches("^[0-9]+ <84>1 ", Frame(Entry("user.login") with { Outcome = "failure" }));
        var frame = Frame(Entry("user.login"));
        Assert.Equal(Encoding.UTF8.GetByteCount(frame[(frame.IndexOf(' ', StringComparison.Ordinal) + 1)..]).ToString(System.Globalization.CultureInfo.InvariantCulture), frame[..frame.IndexOf(' ', StringComparison.Ordinal)]);
    }

    [Theory]
    [InlineData("audit.example.org:6514", "audit.example.org", 6514)]
    [InlineData("audit.example.org", "audit.example.org", 6514)]
    [InlineData("[::1]:7000", "[::1]", 7000)]
    [InlineData("host:0", null, 0)]
    [InlineData("host:70000", null, 0)]
    [InlineData("host:6514/path", null, 0)]
    [InlineData("user@host", null, 0)]
    [InlineData("", null, 0)]
    [InlineData(":6514", null, 0)]
    public void A_repository_is_host_and_port(string text, string? host, int port)
    {
        var address = RepositoryAddress.TryParse(text);

        Assert.Equal(host?.Trim('[', ']'), address?.Host.Trim('[', ']'));
        Assert.Equal(port, address?.Port ?? 0);
    }

    private static Sketch Entry(string action) => new(action);

    private static XElement Message(Sketch sketch) => AuditMessageSchema.Validated(Frame(sketch)[(Frame(sketch).IndexOf('\uFEFF', StringComparison.Ordinal) + 1)..]);

    private static string Frame(Sketch sketch)
    {
        var bytes = new ArrayBufferWriter<byte>();
        SyslogMessage.Write(bytes, sketch.Made());
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static string Of(XElement element, string attribute) => (string)element.Attribute(attribute)!;

    private static string Detail(XElement element, string type) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(Of(element.Elements("ParticipantObjectDetail").Single(d => Of(d, "type") == type), "value")));

    private sealed record Sketch(string Action)
    {
        public string Actor { get; init; } = "system";

        public string Source { get; init; } = "";

        public string Object { get; init; } = "thing";

        public string Outcome { get; init; } = "success";

        public string? Before { get; init; }

        public string? After { get; init; }

        public AuditEntry Made() => new()
        {
            Sequence = 7,
            At = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero).AddMicroseconds(123456),
            Actor = Actor,
            Source = Source,
            Action = Action,
            Object = Object,
            Outcome = Outcome,
            Before = Before,
            After = After,
            PreviousHash = new string('0', 64),
            Hash = new string('a', 64),
        };
    }
}
