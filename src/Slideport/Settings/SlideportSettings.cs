using System.Collections;
using Microsoft.Extensions.Configuration;
using Slideport.Commands;
using Slideport.Converter;
using Slideport.Dsr;
using Slideport.Database;
using Slideport.Hosting.Monitoring;
using Slideport.Sam;
using Slideport.Sam.Audit;
using Slideport.Sam.Notifications;
using Slideport.Sam.Time;
using Slideport.Sam.Users;

namespace Slideport.Settings;

/// <summary>
/// The settings of an installation: <c>slideport.json</c> in the data folder, then the environment (<c>SLIDEPORT__Section__Key</c>), then
/// <c>--Section:Key=value</c>; the later wins. A key nobody knows is an error, not a silent default.
/// </summary>
internal sealed class SlideportSettings
{
    private const string EnvironmentPrefix = "SLIDEPORT__";

    /// <summary>Every setting there is.</summary>
    public static readonly IReadOnlyList<Setting> Catalogue =
    [
        new("Converter:Address", "*", "Address of the network interface to listen on; `*` for all."),
        new("Converter:Port", "2762", "TCP port of the DICOM Converter."),
        new("Converter:Tls", "true", "Whether associations run over TLS."),
        new("Converter:RequireClientCertificate", "true", "Whether a scanner must show a certificate of this installation's authority."),
        new("Converter:AETitle", "SLIDEPORT", "The AE title scanners must call, 1 to 16 characters."),
        new("Converter:Format", "Svs", "What is delivered: `Svs`; `Dicom` as it came; or `DicomTiledFull`, its frames row by row, which open viewers read."),
        new("Converter:FileNameTemplate", "{Barcode}_{Date}_{Time}", "Names of delivered files; `/` makes sub-folders. Fields: Barcode, Scanner, Date, Time, Rack, Slot, ImageId, Counter, StudyUid, SeriesUid; Barcode:1 to Barcode:9 for the parts of a barcode. Refused where a path could be longer than 240 characters, which viewers on Windows do not open."),
        new("Converter:BarcodeDelimiter", "none", "The character that parts a barcode for `{Barcode:1}` and so on."),
        new("Converter:QuietTime", "00:01:00", "How long nothing must have come for a slide, after its sender released, until it is taken as complete."),
        new("Converter:Retention", "7.00:00:00", "How long the spool keeps a slide after its delivered copy was verified; more than 0 where slides go to smb://."),
        new("Converter:ScrubInterval", "1.00:00:00", "How often every instance in the spool is read again and compared with its receipt, spread over that time; `0` never."),
        new("Converter:CommitmentCallbacks:*", "none", "Where the scanner with the AE title `*` is called back, as `host:port`, when it has left before its storage commitment report; over TLS where `Converter:Tls` is on."),
        new("Converter:Destinations:*:Location", "none", "A further place for slides, with the name `*`: a folder, or a share as `smb://server/share/folder`. A slide stays in the spool until every destination whose rules chose it has it; see [the spool](spool.md#further-destinations)."),
        new("Converter:Destinations:*:Pacs", "none", "A PACS instead of a location, as `host:port`: slides are stored there by DICOM, and are there when it has taken responsibility for them (Storage Commitment)."),
        new("Converter:Destinations:*:PacsTitle", "none", "The AE title of the PACS."),
        new("Converter:Destinations:*:PacsTls", "true", "Whether it is spoken to over TLS; its certificate has to come from the installation's authorities, or those of `PacsAuthority`."),
        new("Converter:Destinations:*:PacsAuthority", "none", "PEM file of the authorities that its certificate comes from, instead of the installation's, and of their revocation lists (`X509 CRL`); read for each connection. A certificate that is out of time, revoked there or by SAM, is refused."),
        new("Converter:Destinations:*:Format", "Svs", "What is delivered there: `Svs`, `Dicom` or `DicomTiledFull`; to a PACS one of the latter two."),
        new("Converter:Destinations:*:FileNameTemplate", "{Barcode}_{Date}_{Time}", "Names there, as `Converter:FileNameTemplate`."),
        new("Converter:Destinations:*:Deidentify", "false", "Whether slides go there without what tells whose they are: no label and overview, keyed pseudonyms, dates shifted (PS3.15 Annex E)."),
        new("Converter:Destinations:*:KeyFile", "none", "File that holds the key of the pseudonyms, 32 bytes or more; slides wait while others can read it. The same key gives the same pseudonyms."),
        new("Converter:Destinations:*:Scanner", "none", "Only slides of scanners whose serial number matches this regular expression as a whole."),
        new("Converter:Destinations:*:Barcode", "none", "Only slides whose barcode matches."),
        new("Converter:Destinations:*:Stain", "none", "Only slides with a stain whose meaning in DICOM matches, such as `(?i).*hematoxylin.*`."),
        new("Converter:Destinations:*:Department", "none", "Only slides whose Institutional Department Name matches."),
        new("Converter:Sam", "none", "The SAM DataServer that knows the scanners, as `host:port`; none is the one in this process. Without any, every scanner with a certificate of the installation's authority is let in and the settings here hold for all."),
        new("Converter:Name", "none", "What SAM calls this converter, unlike any other; none is the machine's name."),
        new("Converter:MaxInstanceBytes", "68719476736", "Largest instance accepted, in bytes."),
        new("Converter:DestinationReservePercent", "10", "Room on the spool's disk, in percent, that slides waiting for further destinations leave free, and never less than twice `Converter:SpoolReserveBytes`: below it those that have waited longest, and whose retention is over, are let go of (event 2219), before scanners are refused; 0 never does. See [the spool](spool.md#a-destination-that-is-away-for-long)."),
        new("Converter:SpoolReserveBytes", "1073741824", "Free space the spool's disk must keep, in bytes; below it instances are refused."),
        new("Converter:SpoolFullPercent", "95", "How full the spool's disk may be, in percent, before associations are refused (transient, local limit exceeded); 100 never refuses them for it."),
        new("Converter:SpoolFolder", "DIR/spool", "Where received instances lie until they are delivered and verified; a local disk."),
        new("ImageStore:Location", "DIR/images", "The image file system, where slides are delivered: a folder, or a share as `smb://server/share/folder` (Linux)."),
        new("ImageStore:Credentials", "DIR/smb", "Folder with a file for each server of `smb://` shares, named after it: who the converter is there. `slideport store login` writes it."),
        new("Sam:Address", "*", "Address of the network interface the SAM DataServer listens on; `*` for all."),
        new("Sam:Port", "44386", "TCP port of the SAM DataServer."),
        new("Sam:Hostnames:*", "none", "Names scanners reach this machine by, besides its own (`Sam:Hostnames:0`, `:1` …); they go into the certificate."),
        new("Sam:EventRetention", "90.00:00:00", "How long SAM keeps events of scanners that are no errors."),
        new("Sam:EventErrorRetention", "730.00:00:00", "How long SAM keeps errors, and what matters more. What needs somebody is also kept until it is acknowledged."),
        new("Web:Address", "*", "Address of the network interface to listen on for people, with browsers or scripts, who log in; `*` for all."),
        new("Web:Port", "8443", "TCP port for them."),
        new("Web:Hostname", "none", "Name browsers reach this machine by; passkeys belong to it. None is the machine's own name."),
        new("Dsr:Address", "*", "Address of the network interface the DSR DataServer listens on for SAM; `*` for all."),
        new("Dsr:Port", "44387", "TCP port for SAM's image metadata."),
        new("Dsr:Hostnames:*", "none", "Names this machine is reached by, besides its own (`Dsr:Hostnames:0`, `:1` …); they go into the DSR's certificate."),
        new("Dsr:WebAddress", "*", "Address of the network interface to listen on for people who look at slides; `*` for all."),
        new("Dsr:WebPort", "8444", "TCP port for them."),
        new("Dsr:Sam", "none", "The SAM DataServer that knows the users and tells of slides, as `host:port`; none is the one in this process."),
        new("Dsr:Locations:*", "ImageStore:Location", "The image file systems with the slides of the catalogue: folders, or shares as `smb://server/share/folder` (`Dsr:Locations:0`, `:1` …). The first is the one of converters that name none."),
        new("Dsr:RescanInterval", "01:00:00", "How often they are looked through for slides nobody has told of, and for missing ones."),
        new("Dsr:ScrubInterval", "30.00:00:00", "In which time every slide is read as a whole and compared with its hash, spread over it; `0` never."),
        new("Dsr:BarcodePattern", "none", "What the lab's barcodes say: a regular expression with groups `accession` and `stain`, such as `^(?<accession>[A-Z]+[0-9]{2}-[0-9]+);[^;]*;(?<stain>.*)$`; none takes what is before the first semicolon for the accession number."),
        new("Dsr:Retention", "00:00:00", "How long slides are kept at least, from their scan or, where that is later, from when their files were written; before that nobody can have one removed here. `0` for ever. Nothing is ever removed by itself."),
        new("Dsr:Retentions:*:Location", "none", "One of `Dsr:Locations` whose slides are kept for another time (`Dsr:Retentions:0:Location`, `:1:` …)."),
        new("Dsr:Retentions:*:Time", "00:00:00", "How long; `0` for ever."),
        new("Dsr:Stow", "none", "Which of `Dsr:Locations` takes instances that come over DICOMweb (STOW-RS), below its folder `dicomweb`; none takes no such instances."),
        new("Dsr:StowMaxBytes", "68719476736", "Longest STOW-RS request, all its instances together."),
        new("Dsr:Viewer:OpenSlides", "64", "Slides that are kept open while people look at them: some megabytes each."),
        new("Dsr:Viewer:PixelProcesses", "number of processors, at most 8", "Processes that decode what browsers cannot (JPEG 2000, uncompressed tiles, parts in other sizes); each may take 1 GB."),
        new("Dsr:Viewer:CacheBytes", "268435456", "Bytes of pictures that had to be made and are kept in memory."),
        new("Dsr:Viewer:Readers", "16", "Requests that read slides from the image file systems at the same time."),
        new("Dsr:Database:Provider", "Sqlite", "The catalogue's database: `Sqlite` (embedded), `PostgreSql` or `SqlServer`. Not SAM's: each has its own."),
        new("Dsr:Database:ConnectionString", "Data Source=DIR/dsr.db", "How it is reached; without the password."),
        new("Dsr:Database:PasswordFile", "none", "File that holds its password."),
        new("Dsr:Database:SqlServerCompatibilityLevel", "0", "SQL Server: compatibility level of the database; `0` is the driver's own."),
        new("Dsr:Database:SqlServerMaxBatchSize", "0", "SQL Server: most rows in one statement; `0` is the driver's own."),
        new("Certificates:Server", "none", "This machine's certificate from the site's own authority, PEM with all up to its root or PKCS #12; shown at every port to who asks for one of its names. None: only the installation's own."),
        new("Certificates:ServerKey", "none", "Its private key, PEM; none: it is in the same file."),
        new("Certificates:PasswordFile", "none", "File that holds the password of the key or of PKCS #12."),
        new("Certificates:ClientAuthorities", "none", "PEM file of further authorities: a certificate of theirs lets a scanner in once it is registered for it (`slideport certificate register`)."),
        new("Notifications:WebhookUrl", "none", "Address (`https`) that is told when something needs somebody, and when it is over."),
        new("Notifications:WebhookSecretFile", "none", "File that holds the secret its messages are signed with."),
        new("Notifications:SmtpServer", "none", "Mail server for the same messages, as `host:port`."),
        new("Notifications:SmtpTls", "true", "Whether the mail server must speak TLS: STARTTLS, or TLS from the beginning on port 465."),
        new("Notifications:SmtpUser", "none", "Name to log in to the mail server with; none does not log in."),
        new("Notifications:SmtpPasswordFile", "none", "File that holds the password for it."),
        new("Notifications:From", "none", "Who the mail is from."),
        new("Notifications:To:*", "none", "Who it is for (`Notifications:To:0`, `:1` …)."),
        new("Audit:Syslog", "none", "The audit repository that gets every entry of the audit trail as a DICOM audit message over TLS syslog, as `host:port`."),
        new("Audit:SyslogAuthority", "none", "PEM file of who may have issued the audit repository's certificate; none is the installation's own authority."),
        new("Time:Serve", "true", "Whether SAM answers NTP, so that scanners can set their clocks by it; `false` leaves that to an NTP server of the machine, such as chrony."),
        new("Time:Address", "none", "Address of the network interface to answer NTP on, `*` for all; none is that of `Sam:Address`. On a machine with several addresses in one network, name the one scanners ask: an answer from another is not taken."),
        new("Time:Port", "123", "UDP port of NTP; 0 takes a free one. Scanners ask port 123 unless `time.port` of their configuration says otherwise."),
        new("Time:Stratum", "5", "Stratum told while the machine's own clock is synchronised, 2 to 15: that of the NTP client which sets it, and which the kernel does not know."),
        new("Time:LocalStratum", "10", "Stratum told while it is not, 2 to 15: the lab still has one time, but whoever knows a better server takes that."),
        new("Time:RequestsPerSecond", "2", "Questions a second one address may ask in the long run, and eight times as many at once; who asks more is told so once a minute (RATE) and then not answered. `0`: no limit, such as for scanners that all share one address."),
        new("Users:PasswordPolicy", "Nist", "What passwords must be like: `Nist` (15 characters or more, nothing common), or `Gt450` (8 or more with upper and lower case, a digit and one of !@#$%^*_)."),
        new("Users:LockAfter", "5", "Wrong passwords or codes in a row after which a user is locked for a time."),
        new("Users:LockTime", "00:15:00", "How long the first lock lasts; each that follows is twice as long, up to six times this."),
        new("Users:SessionIdle", "00:15:00", "After how long without a request a session ends."),
        new("Users:SessionLifetime", "12:00:00", "How long a session lasts at most."),
        new("Users:RequireSecondFactor", "false", "Whether everybody needs a passkey or an authenticator app: who has none can do nothing but set one up."),
        new("Users:PinDigits", "6", "Digits of a PIN on a scanner's console, 5 to 8."),
        new("Monitoring:Enabled", "true", "Whether metrics (Prometheus) and health checks are served."),
        new("Monitoring:Address", "127.0.0.1", "Address of the network interface they are served on; another machine's monitoring needs `Monitoring:Tls`; `*` for all."),
        new("Monitoring:Port", "9464", "TCP port they are served on."),
        new("Monitoring:Tls", "false", "Whether they are served over TLS, and only to a client certificate of the installation made out to `role:monitor`."),
        new("Monitoring:OtlpEndpoint", "none", "OpenTelemetry collector that gets metrics and the slides' traces over OTLP/HTTP, as `http://127.0.0.1:4318` on this machine, `https://…` elsewhere."),
        new("Database:Provider", "Sqlite", "SAM's database: `Sqlite` (embedded), `PostgreSql` or `SqlServer`."),
        new("Database:ConnectionString", "Data Source=DIR/sam.db", "How the database is reached; without the password."),
        new("Database:PasswordFile", "none", "File that holds the database's password."),
        new("Database:SqlServerCompatibilityLevel", "0", "SQL Server: compatibility level of the database; `0` is the driver's own."),
        new("Database:SqlServerMaxBatchSize", "0", "SQL Server: most rows in one statement; `0` is the driver's own."),
    ];

    private readonly IConfiguration _configuration;
    private readonly string _data;

    private SlideportSettings(IConfiguration configuration, string data)
    {
        _configuration = configuration;
        _data = data;
    }

    /// <summary><c>$XDG_DATA_HOME/slideport</c>, or <c>~/.local/share/slideport</c>.</summary>
    public static string DefaultDataFolder =>
        Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "slideport");

    /// <summary>Where the installation's authority and certificates lie.</summary>
    public static string IdentityFolder(string data) => Path.Join(data, "identity");

    /// <summary>Reads all three sources.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="arguments">Arguments of the form <c>--Section:Key=value</c>.</param>
    /// <exception cref="UsageException">An argument has another form, or a key is not known.</exception>
    public static SlideportSettings Load(string data, IReadOnlyList<string> arguments)
    {
        var builder = new ConfigurationBuilder();
        var file = Path.GetFullPath(Path.Join(data, "slideport.json"));
        if (File.Exists(file))
            builder.AddJsonFile(file, optional: false, reloadOnChange: false);
        builder.AddInMemoryCollection(FromEnvironment());
        builder.AddInMemoryCollection(arguments.Select(FromArgument).GroupBy(a => a.Key, StringComparer.OrdinalIgnoreCase).Select(same => same.Last()));
        IConfiguration configuration;
        try
        {
            configuration = builder.Build();
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"{file} is not valid JSON: {(e.InnerException ?? e).Message}");
        }

        foreach (var (key, value) in configuration.AsEnumerable().Where(pair => pair.Value is not null))
            CheckKnown(key);
        return new SlideportSettings(configuration, Path.GetFullPath(data));
    }

    /// <summary>SAM's settings, checked.</summary>
    /// <exception cref="UsageException">A value is wrong; the message says which and what it may be.</exception>
    public SamOptions Sam()
    {
        var options = Section<SamOptions>("Sam") with
        {
            Database = Database(),
            Notifications = Section<NotificationOptions>("Notifications"),
            Audit = Section<AuditOptions>("Audit"),
            Time = Section<TimeOptions>("Time"),
            Users = Section<UserOptions>("Users"),
            Web = Section<WebOptions>("Web"),
        };
        return options.Validate() is [var first, ..] ? throw new UsageException(first) : options;
    }

    /// <summary>What the site's own authority has issued; whether the files are there.</summary>
    /// <exception cref="UsageException">A value is wrong; the message says which and what it may be.</exception>
    public CertificateOptions Certificates()
    {
        var options = Section<CertificateOptions>("Certificates");
        return options.Validate() is [var first, ..] ? throw new UsageException(first) : options;
    }

    /// <summary>Where SAM's database is.</summary>
    /// <exception cref="UsageException">A value is of the wrong kind.</exception>
    public DatabaseOptions Database()
    {
        var database = Section<DatabaseOptions>("Database");
        return database is { Provider: DatabaseProvider.Sqlite, ConnectionString.Length: 0 }
            ? database with { ConnectionString = $"Data Source={Path.Join(_data, "sam.db")}" }
            : database;
    }

    /// <summary>The converter's settings, checked.</summary>
    /// <exception cref="UsageException">A value is wrong; the message says which and what it may be.</exception>
    public ConverterOptions Converter()
    {
        var options = Section<ConverterOptions>("Converter") with
        {
            SpoolFolder = _configuration["Converter:SpoolFolder"] ?? Path.Join(_data, "spool"),
            ImageStoreLocation = _configuration["ImageStore:Location"] ?? Path.Join(_data, "images"),
            ShareCredentialsFolder = _configuration["ImageStore:Credentials"] ?? Path.Join(_data, "smb"),
        };
        return options.Validate() is [var first, ..] ? throw new UsageException(first) : options;
    }

    /// <summary>The DSR's settings, checked.</summary>
    /// <exception cref="UsageException">A value is wrong; the message says which and what it may be.</exception>
    public DsrOptions Dsr()
    {
        var options = Section<DsrOptions>("Dsr");
        options = options with
        {
            Locations = options.Locations.Count > 0 ? options.Locations : [_configuration["ImageStore:Location"] ?? Path.Join(_data, "images")],
            ShareCredentialsFolder = _configuration["ImageStore:Credentials"] ?? Path.Join(_data, "smb"),
            WorkFolder = Path.Join(_data, "dsr"),
            Database = options.Database is { Provider: DatabaseProvider.Sqlite, ConnectionString.Length: 0 } ? options.Database with { ConnectionString = $"Data Source={Path.Join(_data, "dsr.db")}" } : options.Database,
        };
        return options.Validate() is [var first, ..] ? throw new UsageException(first) : options;
    }

    /// <summary>How the installation is looked at, checked.</summary>
    /// <exception cref="UsageException">A value is wrong; the message says which and what it may be.</exception>
    public MonitoringOptions Monitoring()
    {
        var options = Section<MonitoringOptions>("Monitoring");
        return options.Validate() is [var first, ..] ? throw new UsageException(first) : options;
    }

    private T Section<T>(string name)
        where T : new()
    {
        try
        {
            return _configuration.GetSection(name).Get<T>() ?? new T();
        }
        catch (InvalidOperationException e)
        {
            throw new UsageException(e.InnerException is null ? e.Message : $"{e.Message} {e.InnerException.Message}");
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> FromEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(entry => ((string)entry.Key).StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            .Select(entry => KeyValuePair.Create(((string)entry.Key)[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal), (string?)entry.Value));

    private static KeyValuePair<string, string?> FromArgument(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return argument.StartsWith("--", StringComparison.Ordinal) && equals > 0 && argument.IndexOf(':', StringComparison.Ordinal) is > 2 and var colon && colon < equals
            ? KeyValuePair.Create(argument[2..equals], (string?)argument[(equals + 1)..])
            : throw new UsageException($"'{argument}' is neither an option nor a setting; settings look like --Converter:Port=2762.");
    }

    private static void CheckKnown(string key)
    {
        if (Catalogue.Any(s => IsMeant(s.Key, key)))
            return;
        var nearest = Catalogue.MinBy(s => Distance(s.Key, key))!.Key;
        throw new UsageException($"There is no setting {key}; did you mean {nearest}? docs/configuration.md lists them all.");
    }

    // A * is a name somebody gives, such as an AE title: at the end anything may stand there, elsewhere one part of the key.
    private static bool IsMeant(string setting, string key)
    {
        if (setting.EndsWith(":*", StringComparison.Ordinal))
            return key.Length >= setting.Length && key.StartsWith(setting[..^1], StringComparison.OrdinalIgnoreCase);
        var (parts, given) = (setting.Split(':'), key.Split(':'));
        return parts.Length == given.Length
            && parts.Zip(given).All(pair => pair.First == "*" ? pair.Second.Length > 0 : pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));
    }

    // Levenshtein distance: how many letters a slip of the finger changed.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
