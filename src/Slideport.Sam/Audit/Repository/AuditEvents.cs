namespace Slideport.Sam.Audit.Repository;

/// <summary>A code of a terminology, as PS3.15 A.5 writes it.</summary>
internal sealed record AuditCode(string Value, string System, string Meaning)
{
    internal static AuditCode Dicom(string value, string meaning) => new(value, "DCM", meaning);

    /// <summary>One of our own words.</summary>
    internal static AuditCode Own(string value, string meaning) => new(value, "Slideport", meaning);
}

/// <summary>What the object of an action is, in the words of PS3.15 A.5.</summary>
internal enum AuditObject
{
    /// <summary>Something of ours: a configuration, a report.</summary>
    Resource,

    /// <summary>A person who may log in.</summary>
    User,

    /// <summary>A machine: a scanner, a role and their certificates.</summary>
    Node,

    /// <summary>The audit trail.</summary>
    Trail,

    /// <summary>A slide.</summary>
    Slide,
}

/// <summary>Which event of PS3.15 A.5.3 an action of ours is.</summary>
/// <param name="Action">The action; with a point at its end, all that begin with it.</param>
/// <param name="Id">EventID.</param>
/// <param name="ActionCode">EventActionCode: C, R, U, D or E.</param>
/// <param name="Type">EventTypeCode; null where none fits.</param>
/// <param name="Object">What its object is.</param>
internal sealed record AuditEvent(string Action, AuditCode Id, char ActionCode, AuditCode? Type, AuditObject Object);

/// <summary>All our actions as events of PS3.15 A.5.3; the first row that fits holds.</summary>
internal static class AuditEvents
{
    internal static readonly AuditCode ApplicationActivity = AuditCode.Dicom("110100", "Application Activity");
    internal static readonly AuditCode AuditLogUsed = AuditCode.Dicom("110101", "Audit Log Used");
    internal static readonly AuditCode InstancesAccessed = AuditCode.Dicom("110103", "DICOM Instances Accessed");
    internal static readonly AuditCode SecurityAlert = AuditCode.Dicom("110113", "Security Alert");
    internal static readonly AuditCode UserAuthentication = AuditCode.Dicom("110114", "User Authentication");

    private static readonly AuditCode Start = AuditCode.Dicom("110120", "Application Start");
    private static readonly AuditCode Stop = AuditCode.Dicom("110121", "Application Stop");
    private static readonly AuditCode Login = AuditCode.Dicom("110122", "Login");
    private static readonly AuditCode Logout = AuditCode.Dicom("110123", "Logout");
    private static readonly AuditCode NodeAuthentication = AuditCode.Dicom("110126", "Node Authentication");
    private static readonly AuditCode NetworkConfiguration = AuditCode.Dicom("110128", "Network Configuration");
    private static readonly AuditCode SecurityConfiguration = AuditCode.Dicom("110129", "Security Configuration");
    private static readonly AuditCode SoftwareConfiguration = AuditCode.Dicom("110131", "Software Configuration");
    private static readonly AuditCode RestrictedFunction = AuditCode.Dicom("110132", "Use of Restricted Function");
    private static readonly AuditCode ObjectSecurity = AuditCode.Dicom("110135", "Object Security Attributes Changed");
    private static readonly AuditCode UserSecurity = AuditCode.Dicom("110137", "User Security Attributes Changed");

    internal static readonly IReadOnlyList<AuditEvent> Table =
    [
        new("system.start", ApplicationActivity, 'E', Start, AuditObject.Resource),
        new("system.stop", ApplicationActivity, 'E', Stop, AuditObject.Resource),
        new("audit.export", AuditLogUsed, 'R', null, AuditObject.Trail),
        new("audit.verify", AuditLogUsed, 'R', null, AuditObject.Trail),
        new("audit.head", ApplicationActivity, 'E', null, AuditObject.Trail),
        new("audit.broken", SecurityAlert, 'E', ObjectSecurity, AuditObject.Trail),
        new("user.login", UserAuthentication, 'E', Login, AuditObject.User),
        new("user.logout", UserAuthentication, 'E', Logout, AuditObject.User),
        new("pin.use", UserAuthentication, 'E', Login, AuditObject.Node),
        new("user.", SecurityAlert, 'E', UserSecurity, AuditObject.User),
        new("pin.", SecurityAlert, 'E', UserSecurity, AuditObject.User),
        new("enrolment.enrol", SecurityAlert, 'E', NodeAuthentication, AuditObject.Node),
        new("enrolment.", SecurityAlert, 'E', SecurityConfiguration, AuditObject.Node),
        new("certificate.", SecurityAlert, 'E', SecurityConfiguration, AuditObject.Node),
        new("scanner.", SecurityAlert, 'E', NetworkConfiguration, AuditObject.Node),
        new("configuration.", SecurityAlert, 'E', SoftwareConfiguration, AuditObject.Resource),
        new("access.", SecurityAlert, 'E', RestrictedFunction, AuditObject.Resource),
        new("slide.open", InstancesAccessed, 'R', null, AuditObject.Slide),
        new("slide.", ApplicationActivity, 'E', null, AuditObject.Slide),
    ];

    private static readonly AuditEvent Anything = new("", ApplicationActivity, 'E', null, AuditObject.Resource);

    /// <summary>The event of an action; Application Activity for one nobody has thought of.</summary>
    internal static AuditEvent Of(string action) =>
        Table.FirstOrDefault(row => row.Action.EndsWith('.') ? action.StartsWith(row.Action, StringComparison.Ordinal) : action == row.Action) ?? Anything;
}
