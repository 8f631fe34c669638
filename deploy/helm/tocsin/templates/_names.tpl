{{- define "tocsin.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tocsin.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tocsin.labels" -}}
{{ include "tocsin.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "tocsin.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The configuration as it stands, with addresses that can be reached from outside the pod. */}}
{{- define "tocsin.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $api := merge (dict "host" "0.0.0.0") (get $config "api" | default dict) -}}
{{- $roles := merge (dict "host" "0.0.0.0") (get $config "roles" | default dict) -}}
{{- toYaml (merge (dict "api" $api "roles" $roles) $config) -}}
{{- end -}}

{{/* The volumes of every pod: the configuration, the secrets, a place to write. */}}
{{- define "tocsin.volumes" -}}
- name: config
  configMap: {name: {{ include "tocsin.fullname" . }}}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- if .Values.secrets }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
    {{- range .Values.secrets }}
      - secret:
          name: {{ .secret | quote }}
          items: [{key: {{ .key | quote }}, path: {{ .file | quote }}}]
    {{- end }}
{{- end }}
{{- end -}}

{{- define "tocsin.mounts" -}}
- {name: config, mountPath: /etc/tocsin, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- if .Values.secrets }}
- {name: secrets, mountPath: /run/secrets, readOnly: true}
{{- end }}
{{- end -}}

{{- define "tocsin.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "tocsin.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}
